"""How a camera maps directions to pixels: OpenCV's pinhole model with five distortion terms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """Of pictures of one size.

    matrix: [3, 3] of focal lengths and principal point [px].
    distortion: [5] k1, k2, p1, p2, k3.
    size: width and height [px].
    """

    matrix: Matrix
    distortion: Matrix
    size: tuple[int, int]

    def project(self, points: Matrix) -> Matrix:
        """Return the pixels [n, 2] of ``points`` [n, 3] in the optical frame [m]."""
        import cv2

        zero = np.zeros(3)
        pixels, _ = cv2.projectPoints(points, zero, zero, self.matrix, self.distortion)
        projected: Matrix = pixels[:, 0]
        return projected
