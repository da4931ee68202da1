"""Pictures with the time they were taken at, and the one interface to whatever takes them."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture.

    image: [height, width, 3] uint8, blue, green, red, as OpenCV has it.
    stamp: when it was taken [s], on the monotonic clock of the machine that reads it.
    number: counts up by one a picture taken; a gap means pictures that were dropped.
    """

    image: Picture
    stamp: float
    number: int

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height [px]."""
        height, width = self.image.shape[:2]
        return width, height


class Camera(Protocol):
    """Whatever yields pictures: a webcam, files, a server, a simulation.

    Used as a context manager. All pictures of one camera have one size.
    """

    @property
    def name(self) -> str:
        """Return what calibrations of this camera are filed under."""

    def open(self) -> None:
        """Make ready. Raises CameraError saying what is wrong and the mend."""

    def read(self, patience_s: float = 1.0) -> Frame | None:
        """Return the newest picture not returned before; None at the end of a recording.

        Raises CameraError if none comes for ``patience_s`` [s], the camera is gone, or its
        pictures changed size.
        """

    def close(self) -> None:
        """Let go of it. Safe to call twice."""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
