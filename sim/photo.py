"""What light, lens and sensor make of a picture, and its way into a JPEG."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.errors import RobotError

Picture = NDArray[np.uint8]

_SPARE = 61  # [px] that the grain is larger than a picture, and so shifted anew for each


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a camera takes pictures; by default without any fault.

    brightness: of the whole picture, 1 as drawn. gradient: more light at its right edge than in
    its middle, and less at the left [share]. blur: standard deviation [px]. noise: standard
    deviation [levels of 255].
    """

    brightness: float = 1.0
    gradient: float = 0.0
    blur: float = 0.0
    noise: float = 0.0


class Film:
    """Exposes pictures of one size."""

    def __init__(self, size: tuple[int, int], exposure: Exposure, seed: int = 0) -> None:
        """Draw the grain of pictures of ``size`` [px] from ``seed``."""
        width, height = size
        across = np.linspace(-1.0, 1.0, width, dtype=np.float32) * exposure.gradient
        light = exposure.brightness * (1.0 + across)
        self._light = np.tile(light[None, :, None], (height, 1, 3))
        self._even = exposure.brightness == 1.0 and exposure.gradient == 0.0
        self._exposure, self._random = exposure, np.random.default_rng(seed)
        grain = self._random.normal(0.0, 1.0, (height + _SPARE, width + _SPARE, 3))
        self._grain = np.round(exposure.noise * grain).astype(np.int16)

    def expose(self, image: Picture) -> Picture:
        """Return the picture [height, width, 3] taken of ``image``."""
        exposure = self._exposure
        if not self._even:
            image = cv2.multiply(image, self._light, dtype=cv2.CV_8U)
        if exposure.blur > 0.0:
            image = cv2.GaussianBlur(image, (0, 0), exposure.blur)
        if exposure.noise > 0.0:
            height, width = image.shape[:2]
            down, right = self._random.integers(0, _SPARE + 1, 2)
            grain = self._grain[down : down + height, right : right + width]
            image = cv2.add(image, np.ascontiguousarray(grain), dtype=cv2.CV_8U)
        exposed: Picture = image
        return exposed


def jpeg(image: Picture, quality: int = 90) -> bytes:
    """Return ``image`` as a JPEG. Raises RobotError if OpenCV cannot."""
    done, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not done:
        raise RobotError(f"camera: no JPEG of a picture of shape {image.shape}")
    return bytes(data)
