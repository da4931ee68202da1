"""Depth pictures as a policy sees them: one byte a pixel, the same from any camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot.errors import RobotError

DepthImage = NDArray[np.uint8]

UNKNOWN = 0
"""A pixel that the camera could not measure."""
_NEAREST, _FARTHEST = 1, 255
_GROUND = 3  # quarters of a row that are nearer than its ground


@dataclass(frozen=True, slots=True)
class DepthRange:
    """Distances [m] that are told apart; nearer and farther ones read as the nearest ones told.

    ``step`` is a millimetre for a range of a quarter metre.
    """

    near: float
    far: float

    def __post_init__(self) -> None:
        if not 0.0 < self.near < self.far < np.inf:
            raise RobotError(f"a depth range of {self.near} to {self.far} m does not rise from 0")

    @property
    def step(self) -> float:
        """Return the distance between two values [m]."""
        return (self.far - self.near) / (_FARTHEST - _NEAREST)

    def encode(self, depth: NDArray[np.float32]) -> DepthImage:
        """Return ``depth`` [h, w] in metres as [h, w, 1] bytes; what is 0 or less is UNKNOWN.

        Raises RobotError if a value is not a number.
        """
        if np.isnan(depth).any():
            raise RobotError("the camera answered with a depth that is not a number")
        levels = depth - np.float32(self.near)
        levels *= np.float32((_FARTHEST - _NEAREST) / (self.far - self.near))
        # Half a level more, since the conversion to bytes cuts.
        levels += np.float32(_NEAREST + 0.5)
        np.clip(levels, _NEAREST, _FARTHEST, out=levels)
        levels[depth <= 0] = UNKNOWN
        return levels.astype(np.uint8)[:, :, None]

    def decode(self, image: DepthImage) -> NDArray[np.float32]:
        """Return the depth [h, w] in metres of an encoded ``image``, 0 where it is unknown."""
        depth: NDArray[np.float32] = image[:, :, 0].astype(np.float32) - np.float32(_NEAREST)
        depth = depth * np.float32(self.step) + np.float32(self.near)
        return np.where(image[:, :, 0] == UNKNOWN, np.float32(0), depth)


@dataclass(frozen=True, slots=True)
class Relief:
    """Depth pictures of a table that show how far things stand out of it, whatever its distance.

    A table seen by a camera that does not roll is equally far all along a row of the picture. So
    what is farther than three quarters of a row is taken for its ground, and what is nearer
    stands out: a block of 3 cm by more than half of the bytes there are, not by a tenth of them.
    Near is low, as in a `DepthRange`.

    far: more distant things read as this far. low, high: what stands out less or more than that
    reads as the least or the most told. All [m].
    """

    far: float
    low: float = -0.008
    high: float = 0.040

    def encode(self, depth: NDArray[np.float32]) -> DepthImage:
        """Return ``depth`` [h, w] in metres as [h, w, 1] bytes; what is 0 or less is ground.

        Raises RobotError if a value is not a number.
        """
        if np.isnan(depth).any():
            raise RobotError("the camera answered with a depth that is not a number")
        near = np.minimum(depth, np.float32(self.far))
        column = _GROUND * near.shape[1] // 4
        levels = near - np.partition(near, column, axis=1)[:, column : column + 1]
        levels[depth <= 0] = 0.0
        levels += np.float32(self.high)
        levels *= np.float32((_FARTHEST - _NEAREST) / (self.high - self.low))
        np.clip(levels, 0, _FARTHEST - _NEAREST, out=levels)
        levels += np.float32(_NEAREST)
        image: DepthImage = levels.astype(np.uint8)[:, :, None]
        return image
