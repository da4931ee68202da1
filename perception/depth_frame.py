"""Depth pictures, and how another camera would have taken them."""

from dataclasses import dataclass
from math import radians, tan

import numpy as np
from numpy.typing import NDArray

DepthPicture = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DepthFrame:
    """One picture of distances along the optical axis; pixels are square.

    depth: [height, width] float32 [m], 0 where nothing was measured; row 0 is the top.
    stamp: when it was taken [s], on the monotonic clock of the machine that reads it.
    number: counts up by one a picture taken; a gap means pictures that were dropped.
    unit: smallest difference that its camera tells [m].
    fov_degrees: vertical field of view, from edge to edge, that its camera is meant to have.
    """

    depth: DepthPicture
    stamp: float
    number: int
    unit: float
    fov_degrees: float

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height [px]."""
        height, width = self.depth.shape
        return width, height


class Resampling:
    """From pictures of one camera to those of another at the same place, middle on middle.

    Each pixel becomes what was measured nearest to its middle: to mix the distances on both sides
    of an edge would put something where nothing is. What the first camera does not see is 0.
    """

    def __init__(
        self, size: tuple[int, int], fov_degrees: float, to_size: int, to_fov_degrees: float
    ) -> None:
        """Prepare; from width and height ``size`` [px] to a square of ``to_size`` [px].

        Fields of view are vertical, from edge to edge [deg].
        """
        width, height = size
        shrink = tan(radians(to_fov_degrees / 2.0)) / tan(radians(fov_degrees / 2.0))
        aside = (np.arange(to_size) + 0.5) / to_size - 0.5
        columns, rows = (
            np.floor(side / 2.0 + aside * shrink * height).astype(np.intp)
            for side in (width, height)
        )
        self._pick = np.ix_(np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1))
        outside = ((rows < 0) | (rows >= height))[:, None] | ((columns < 0) | (columns >= width))
        self._outside = outside if outside.any() else None

    def __call__(self, depth: DepthPicture) -> DepthPicture:
        """Return [to_size, to_size] float32 [m] of ``depth`` [height, width]."""
        picked: DepthPicture = depth[self._pick]
        if self._outside is not None:
            picked[self._outside] = 0.0
        return picked
