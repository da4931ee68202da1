"""The two poses in which one square can look as it does."""

import cv2
import numpy as np

from perception.lens import Lens, Matrix
from perception.rays import straighten
from perception.reprojection import PoseFit, Seen, fit_pose
from perception.rigid import transform


def square_corners(side: float) -> Matrix:
    """Return the corners [4, 3] [m] of a square marker in its own frame, in OpenCV's order.

    Top left, top right, bottom right, bottom left: x to the right, y up, z out of the paper.
    """
    half = side / 2
    return np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0]])


def square_starts(corners: Matrix, side: float, lens: Lens) -> tuple[Matrix, Matrix]:
    """Return both ``T_camera_square`` that ``corners`` [4, 2] [px] allow, roughly.

    IPPE (Collins and Bartoli, 2014): tilting a small square one way or the other looks the same
    but for its perspective. They coincide where it faces the camera; there OpenCV's solutions may
    be nonsense or no numbers at all, and what is nearer to the corners than they takes their place.
    """
    straight = straighten(lens, corners)
    points = square_corners(side)
    _, turns, shifts, _ = cv2.solvePnPGeneric(
        points, straight[:, None], np.eye(3), None, flags=cv2.SOLVEPNP_IPPE_SQUARE
    )
    found = zip(turns, shifts, strict=True)
    starts = [transform(cv2.Rodrigues(turn)[0], shift[:, 0]) for turn, shift in found]
    starts.append(_facing(straight, side))
    first, *others = sorted(starts, key=lambda pose: _miss(points, straight, pose))
    second = min(_tilted_back(first), *others, key=lambda pose: _miss(points, straight, pose))
    return first, second


def _miss(points: Matrix, straight: Matrix, pose: Matrix) -> float:
    seen = points @ pose[:3, :3].T + pose[:3, 3]
    miss = float(np.abs(seen[:, :2] / seen[:, 2:] - straight).max())
    return miss if np.isfinite(miss) else np.inf


def _facing(straight: Matrix, side: float) -> Matrix:
    """Return the pose of a square parallel to the picture."""
    along = straight[[1, 2]].mean(axis=0) - straight[[0, 3]].mean(axis=0)
    length = np.linalg.norm(straight - np.roll(straight, 1, axis=0), axis=1).mean()
    c, s = along / np.linalg.norm(along)
    turn = np.array([[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, -1.0]])
    return transform(turn, np.append(straight.mean(axis=0), 1.0) * side / length)


def _tilted_back(pose: Matrix) -> Matrix:
    """Return ``pose`` with its z axis mirrored about the line of sight."""
    sight = pose[:3, 3] / np.linalg.norm(pose[:3, 3])
    half_turn = 2 * np.outer(sight, sight) - np.eye(3)
    return transform(half_turn @ pose[:3, :3] @ np.diag([-1.0, -1.0, 1.0]), pose[:3, 3])


def square_poses(corners: Matrix, side: float, noise: float, lens: Lens) -> list[PoseFit]:
    """Return both poses refined, the one that explains the corners better first.

    noise: standard deviation of a corner's coordinates [px].
    """
    seen = Seen(square_corners(side), corners, np.full(4, noise), np.zeros((4, 3)))
    fits = [fit_pose(seen, lens, start) for start in square_starts(corners, side, lens)]
    return sorted(fits, key=lambda fit: fit.chi2)
