"""The closed form of hand-eye calibration, and whether the poses can tell it at all."""

from collections.abc import Sequence
from math import degrees, radians

import cv2
import numpy as np

from perception.errors import CalibrationRefusedError
from perception.hand_eye_model import HandEyeView, Rig, Setup
from perception.lens import Lens
from perception.rigid import Matrix, inverse, rotation_of, transform, vector_of
from robot.command import Vector

FEWEST = 6
"""Views without which nothing is calibrated; twenty are good."""

_TURN = radians(12.0)  # rms between views about each of two axes: less says too little of places
_CHOICES, _SEED = 40, 5  # of views to begin with; every tenth may be wrong, or every fifth
_LEAST_POINTS = 6  # of a view: a flat board's pose takes four, and two tell whether it is right


def board_pose(view: HandEyeView, lens: Lens) -> tuple[Matrix, float]:
    """Return ``T_camera_board`` [4, 4] of one view, and the rms of its points about it [px].

    Raises CalibrationRefusedError for a view with too few points, or none that fits a pose.
    """
    if len(view.points) < _LEAST_POINTS:
        raise CalibrationRefusedError(
            f"a view has {len(view.points)} points of the board; it takes {_LEAST_POINTS}"
        )
    camera = lens.matrix, lens.distortion
    ok, turn, shift = cv2.solvePnP(view.points, view.pixels, *camera, flags=cv2.SOLVEPNP_SQPNP)
    if not ok:
        raise CalibrationRefusedError("the points of a view do not fit any pose of the board")
    turn, shift = cv2.solvePnPRefineLM(view.points, view.pixels, *camera, turn, shift)
    pose = transform(rotation_of(turn.ravel()), shift.ravel())
    error = view.pixels - lens.project(view.points @ pose[:3, :3].T + pose[:3, 3])
    return pose, float(np.sqrt(np.mean(np.sum(error**2, axis=1))))


def check_spread(rig: Rig, views: Sequence[HandEyeView]) -> None:
    """Raise CalibrationRefusedError if the views are too few or too similar, saying what lacks.

    Rotation about two axes that are not parallel tells all six numbers (Tsai and Lenz, 1989); a
    yaw and parallel pitch joints have just two.
    """
    if len(views) < FEWEST:
        raise CalibrationRefusedError(
            f"{len(views)} views of the board are too few: at least {FEWEST}, better 20"
        )
    turns = [rig.chain.pose(view.measured)[:3, :3] for view in views]
    pairs = [vector_of(b @ a.T) for i, a in enumerate(turns) for b in turns[:i]]
    moments = np.array(pairs).T @ np.array(pairs) / len(pairs)
    told = {
        "the vertical": float(np.sqrt(moments[2, 2])),
        "level axes": float(np.sqrt(moments[0, 0] + moments[1, 1])),
        "a second axis": float(np.sqrt(max(0.0, np.linalg.eigvalsh(moments)[1]))),
    }
    for axis, angle in told.items():
        if angle < _TURN:
            raise CalibrationRefusedError(
                f"the poses are too similar: {rig.chain.link} turns about {axis} by"
                f" {degrees(angle):.0f} deg rms from view to view, and it takes"
                f" {degrees(_TURN):.0f}: {_mend(axis)} ({_ranges(rig, views)})"
            )


def closed_form(
    T_parent_other: Sequence[Matrix] | Matrix, T_camera_board: Sequence[Matrix] | Matrix
) -> tuple[Matrix, Matrix]:
    """Return ``T_parent_camera`` and ``T_other_board``, both [4, 4], from matching places.

    From views i to j, A = M_j M_i^-1 and B = C_j C_i^-1 obey A X = X B. The turn of X takes the
    rotation vectors of all B to those of A (Park and Martin, 1994; here by the SVD, which two
    axes suffice for), its place is least squares.
    """
    count = len(T_parent_other)
    pairs = [(i, j) for j in range(count) for i in range(j)]
    a = [T_parent_other[j] @ inverse(T_parent_other[i]) for i, j in pairs]
    b = [T_camera_board[j] @ inverse(T_camera_board[i]) for i, j in pairs]
    vectors_a = np.array([vector_of(one[:3, :3]) for one in a])
    vectors_b = np.array([vector_of(one[:3, :3]) for one in b])
    turn = _turn_between(vectors_b, vectors_a)
    left = np.concatenate([one[:3, :3] - np.eye(3) for one in a])
    right = np.concatenate(
        [turn @ one_b[:3, 3] - one_a[:3, 3] for one_a, one_b in zip(a, b, strict=True)]
    )
    T_parent_camera = transform(turn, np.linalg.lstsq(left, right, rcond=None)[0])
    boards = [
        inverse(M) @ T_parent_camera @ C
        for M, C in zip(T_parent_other, T_camera_board, strict=True)
    ]
    return T_parent_camera, middle(boards)


def robust_start(rig: Rig, views: Sequence[HandEyeView], T_camera_board: Sequence[Matrix]) -> Setup:
    """Return the closed form of those few views that most others agree with.

    Least median of squares over random choices (Rousseeuw, 1984), so that a view of a board
    that was moved, or of another one, does no harm.
    """
    others = np.array([rig.T_parent_other(view.measured) for view in views])
    seen = np.array(T_camera_board)
    centres = np.array([np.append(view.points.mean(axis=0), 1.0) for view in views])[:, :, None]
    random = np.random.default_rng(_SEED)
    best, least = Setup.of(*closed_form(others, seen), rig.chain.n), np.inf
    for _ in range(_CHOICES):
        some = random.choice(len(views), FEWEST, replace=False)
        camera, board = closed_form(others[some], seen[some])
        apart = (inverse(camera) @ others @ board - seen) @ centres
        median = float(np.median(np.linalg.norm(apart[:, :3, 0], axis=1)))
        if median < least:
            best, least = Setup.of(camera, board, rig.chain.n), median
    return best


def reprojection(rig: Rig, setup: Setup, views: Sequence[HandEyeView]) -> Vector:
    """Return how far each view's points are from where ``setup`` has them, rms [px]."""
    return np.array(
        [np.sqrt(np.mean(np.sum(rig.residual(setup, view) ** 2, axis=1))) for view in views]
    )


def middle(places: Sequence[Matrix]) -> Matrix:
    """Return the place [4, 4] in the middle of ``places``: median shift, chordal mean turn."""
    turn = _turn_between(np.eye(3), np.sum([place[:3, :3] for place in places], axis=0).T)
    return transform(turn, np.median([place[:3, 3] for place in places], axis=0))


def _turn_between(before: Matrix, after: Matrix) -> Matrix:
    """Return the rotation that best takes the rows [k, 3] ``before`` to ``after`` (Kabsch)."""
    u, _, vt = np.linalg.svd(after.T @ before)
    u[:, 2] *= np.linalg.det(u @ vt)
    turn: Matrix = u @ vt
    return turn


def _mend(axis: str) -> str:
    if axis == "the vertical":
        return "add poses with the base turned to both sides"
    if axis == "level axes":
        return "add poses that look at the board at a slant"
    return "turn the base and tilt the wrist independently of each other"


def _ranges(rig: Rig, views: Sequence[HandEyeView]) -> str:
    spans = np.degrees(np.ptp([view.measured for view in views], axis=0))
    return ", ".join(f"joint {k + 1} turned {spans[k]:.0f} deg" for k in rig.chain.turned_by)
