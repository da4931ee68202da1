"""The two poses in which one square can look as it does."""

import cv2
import numpy as np

from perception.lens import Lens, Matrix
from perception.rays import straighten
from perception.reprojection import PoseFit, fit_pose
from perception.rigid import transform


def square_corners(side: float) -> Matrix:
    """Return the corners [4, 3] [m] of a square marker in its own frame, in OpenCV's order.

    Top left, top right, bottom right, bottom left: x to the right, y up, z out of the paper.
    """
    half = side / 2
    return np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0]])


def square_starts(corners: Matrix, side: float, lens: Lens) -> list[Matrix]:
    """Return both ``T_camera_square`` that ``corners`` [4, 2] [px] allow, the likelier first.

    IPPE (Collins and Bartoli, 2014): tilting a small square one way or the other looks the same
    but for its perspective. They coincide where it faces the camera.
    """
    straight = straighten(lens, corners)[:, None]
    _, turns, shifts, _ = cv2.solvePnPGeneric(
        square_corners(side), straight, np.eye(3), None, flags=cv2.SOLVEPNP_IPPE_SQUARE
    )
    pairs = zip(turns, shifts, strict=True)
    return [transform(cv2.Rodrigues(turn)[0], shift[:, 0]) for turn, shift in pairs]


def square_poses(corners: Matrix, side: float, noise: float, lens: Lens) -> list[PoseFit]:
    """Return both poses refined, the one that explains the corners better first.

    noise: standard deviation of a corner's coordinates [px].
    """
    points, noises = square_corners(side), np.full(4, noise)
    starts = square_starts(corners, side, lens)
    fits = [fit_pose(points, corners, noises, lens, start) for start in starts]
    return sorted(fits, key=lambda fit: fit.chi2)
