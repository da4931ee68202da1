"""A lens the way round that a renderer needs it: from every pixel to the ray that reaches it."""

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Rays = NDArray[np.float32]

_ROUNDS = 25  # of undistortion, each of which makes the error some ten times smaller
FINE = 2
"""Samples along each side of a pixel where a picture is drawn finely."""


class Optics(Protocol):
    """OpenCV's pinhole model; pixel centres are at whole numbers."""

    @property
    def matrix(self) -> Matrix:
        """Return focal lengths and principal point [3, 3] [px]."""

    @property
    def distortion(self) -> Matrix:
        """Return k1, k2, p1, p2, k3 [5]."""

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height [px]."""


class RayMap:
    """The rays of all pixels of a lens, computed once.

    coarse: [height, width, 2] x and y where z is 1, through the middle of each pixel.
    fine: [FINE height, FINE width, 2], the same through the middle of each of its parts.
    """

    def __init__(self, lens: Optics) -> None:
        """Follow every pixel of ``lens`` backwards."""
        self.lens = lens
        width, height = lens.size
        self.coarse = _rays(lens, 1)
        self.fine = _rays(lens, FINE)
        edges = self.fine.reshape(-1, 2)
        self.low, self.high = edges.min(axis=0), edges.max(axis=0)
        self.window = (0, 0, width, height)

    def project(self, points: Matrix) -> Matrix:
        """Return the pixels [n, 2] of ``points`` [n, 3] in the optical frame [m]."""
        pixels, _ = cv2.projectPoints(
            np.ascontiguousarray(points),
            np.zeros(3),
            np.zeros(3),
            self.lens.matrix,
            self.lens.distortion,
        )
        projected: Matrix = pixels[:, 0]
        return projected

    def sees(self, points: Matrix) -> bool:
        """Return whether all ``points`` [n, 3] lie in front, near enough to what is pictured.

        Further out the distortion may fold rays back into the picture.
        """
        if (points[:, 2] < 1e-3).any():
            return False
        slopes, reach = points[:, :2] / points[:, 2:], self.high - self.low
        inside = (slopes > self.low - 0.1 * reach) & (slopes < self.high + 0.1 * reach)
        return bool(inside.all())


def _rays(lens: Optics, parts: int) -> Rays:
    """Return the undistorted slopes through the middle of each of ``parts``² parts of a pixel.

    By the fixed point of Brown's model, as in OpenCV's ``undistortPoints``, to the end.
    """
    width, height = lens.size
    columns, rows = ((np.arange(parts * n) + 0.5) / parts - 0.5 for n in (width, height))
    fx, fy, cx, cy = lens.matrix[0, 0], lens.matrix[1, 1], lens.matrix[0, 2], lens.matrix[1, 2]
    seen_x, seen_y = np.meshgrid((columns - cx) / fx, (rows - cy) / fy)
    k1, k2, p1, p2, k3 = np.ravel(lens.distortion).tolist()
    x, y = seen_x, seen_y
    for _ in range(_ROUNDS):
        square = x * x + y * y
        radial = 1.0 + square * (k1 + square * (k2 + square * k3))
        x, y = (
            (seen_x - 2.0 * p1 * x * y - p2 * (square + 2.0 * x * x)) / radial,
            (seen_y - p1 * (square + 2.0 * y * y) - 2.0 * p2 * x * y) / radial,
        )
    return np.stack([x, y], axis=-1).astype(np.float32)
