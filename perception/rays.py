"""From pixels back to directions: the inverse of ``Lens.project``."""

import cv2
import numpy as np

from perception.lens import Lens, Matrix


def straighten(lens: Lens, pixels: Matrix) -> Matrix:
    """Return where ``pixels`` [..., 2] would be seen at depth 1 without distortion, [..., 2].

    OpenCV inverts the distortion by a fixed number of steps, which leaves hundredths of a pixel
    in the corners of a wide picture; the second inversion takes away what the first left.
    """
    flat = np.asarray(pixels, dtype=np.float64).reshape(-1, 1, 2)
    first = cv2.undistortPoints(flat, lens.matrix, lens.distortion)
    again = project(lens, first[:, 0]).reshape(-1, 1, 2)
    second = 2 * first - cv2.undistortPoints(again, lens.matrix, lens.distortion)
    straight: Matrix = second.reshape(pixels.shape)
    return straight


def project(lens: Lens, straight: Matrix) -> Matrix:
    """Return the pixels [..., 2] of directions ``straight`` (x, y at depth 1) [..., 2]."""
    flat = straight.reshape(-1, 2)
    points = np.column_stack([flat, np.ones(len(flat))])
    return lens.project(points).reshape(straight.shape)
