"""Hand-eye calibration: where a camera is on the arm, or beside it, from views of one board."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import radians

import numpy as np

from perception.board_size import check_board_size
from perception.errors import CalibrationRefusedError
from perception.hand_eye_fit import Fit, Noise, fit_setup
from perception.hand_eye_model import HandEyeView, Rig, Setup
from perception.hand_eye_start import (
    FEWEST,
    board_pose,
    check_spread,
    reprojection,
    robust_start,
)
from perception.rigid import Matrix, difference
from robot.calibration_fit import Priors
from robot.command import Vector

PRIORS = Priors(zero=radians(0.6), gain=0.006, play=radians(1.0))
"""How the joints of an arm may err whose servos were calibrated."""
REJECTED = 0.3
"""Share of the views that may be left out before something else must be wrong."""

_ROUGH, _TIMES, _LEAST = 5.0, 4.0, 3.0  # medians, at first and then; pixels: off beyond both
_ROUNDS = 8  # of choosing views
_WIDE, _CLOSE = 0.25, 0.03  # of the focal length: off which most views are wrong, before and after


@dataclass(frozen=True, slots=True, eq=False)
class HandEye:
    """Where the camera is, and how surely.

    setup: the camera at its parent (a link, or the base), the board at the other end, and how
    the joints err. Yaw and parallel pitch joints turn a camera about two axes, which tell all six
    numbers of its place. What no camera tells: a zero error of the last joint before it looks
    like a mount turned about that joint's axis, and one of the first joint like a board turned
    about the base's. Both zeros are taken as 0: the mount is where the last joint *reads* it.
    covariance: [6, 6] of the camera's place [m], then turn [rad], along and about the axes of
    its parent; board_covariance: likewise of the board at the other end.
    pixels: rms of the board's points through the whole arm [px]; metres: rms distance of the
    board from where the arm has it [m]; corner_noise [px] and joint_noise [rad]: how far points
    and joints scatter from view to view.
    used, rejected: numbers of the views.
    """

    setup: Setup
    covariance: Matrix
    board_covariance: Matrix
    pixels: float
    metres: float
    corner_noise: float
    joint_noise: float
    used: tuple[int, ...]
    rejected: tuple[int, ...] = field(default=())

    @property
    def std(self) -> tuple[float, float]:
        """Return the standard deviations of the camera's place [m] and turn [rad], all axes."""
        variances = np.diag(self.covariance)
        return float(np.sqrt(variances[:3].sum())), float(np.sqrt(variances[3:].sum()))


def calibrate_hand_eye(rig: Rig, views: Sequence[HandEyeView], priors: Priors = PRIORS) -> HandEye:
    """Return where the camera is, from ``views`` of one board at different poses of the arm.

    Closed form first, then the most probable setup given every corner, with the joints' errors
    as unknowns, and over again with the views that agree with it.
    Raises CalibrationRefusedError: too few views, too similar ones, too many disagree, or the
    board is of another size than its points say.
    """
    check_spread(rig, views)
    poses, scatter = zip(*(board_pose(view, rig.lens) for view in views), strict=True)
    noise = Noise(pixel=max(0.05, float(np.median(scatter))))
    setup = robust_start(rig, views, poses)
    off = reprojection(rig, setup, views)
    _check_agreement(rig, off, _WIDE)
    used = _agreeing(off, _ROUGH, off)
    for _ in range(_ROUNDS):
        if len(used) < FEWEST:
            raise _disagreement(off)
        fit = fit_setup(rig, [views[i] for i in used], setup, noise, priors)
        off, setup = reprojection(rig, fit.setup, views), fit.setup
        before, used = used, _agreeing(off, _TIMES, off[used])
        if used == before:
            break
    if len(used) < (1.0 - REJECTED) * len(views):
        raise _disagreement(off)
    _check_agreement(rig, off, _CLOSE)
    check_board_size(fit.size)
    check_spread(rig, [views[i] for i in used])
    return _result(rig, fit, [views[i] for i in used], [poses[i] for i in used], used, len(views))


def check_still(first: HandEyeView, last: HandEyeView, rig: Rig, tolerance: float = 0.005) -> None:
    """Raise CalibrationRefusedError if the board was not at the same place in both views.

    Both are taken at one pose, come to from one side, the last at the end of everything.
    tolerance: how far apart two looks at one board may be [m].
    """
    before, after = (board_pose(view, rig.lens)[0] for view in (first, last))
    centre = np.append(first.points.mean(axis=0), 1.0)
    shift = float(np.linalg.norm((before @ centre - after @ centre)[:3]))
    turn = difference(before, after)[1]
    if shift > tolerance or turn > radians(2.0):
        raise CalibrationRefusedError(
            f"the board or the camera moved during the run, by {shift * 1e3:.0f} mm and"
            f" {np.degrees(turn):.0f} deg between the first picture and one from the same pose at"
            " the end: fix both and begin again"
        )


def _agreeing(off: Vector, times: float, typical: Vector) -> list[int]:
    """Return the views off by no more than ``times`` the median of ``typical`` [px]."""
    limit = max(_LEAST, times * float(np.median(typical)))
    return [int(i) for i in np.flatnonzero(off <= limit)]


def _check_agreement(rig: Rig, off: Vector, share: float) -> None:
    """Raise unless most views are off by less than ``share`` of the focal length."""
    if not float(np.median(off)) <= share * float(rig.lens.matrix[0, 0]):
        raise _disagreement(off)


def _disagreement(off: Vector) -> CalibrationRefusedError:
    low, high = np.percentile(off, (25, 75))
    return CalibrationRefusedError(
        f"the views do not fit together: the board is off by {low:.0f} px or less in a quarter of"
        f" the {off.size} views, and by {high:.0f} px or more in another. The board or the camera"
        " moved, the lens is another camera's, the board is of another size (--square-mm), or the"
        " arm is not the one that was calibrated (twinarm calibrate joints)"
    )


def _result(
    rig: Rig,
    fit: Fit,
    views: Sequence[HandEyeView],
    poses: Sequence[Matrix],
    used: Sequence[int],
    count: int,
) -> HandEye:
    shifts = []
    for view, seen in zip(views, poses, strict=True):
        centre = np.append(view.points.mean(axis=0), 1.0)
        shifts.append(((rig.T_camera_board(fit.setup, view) - seen) @ centre)[:3])
    return HandEye(
        setup=fit.setup,
        covariance=fit.covariance[:6, :6],
        board_covariance=fit.covariance[6:12, 6:12],
        pixels=float(np.sqrt(np.mean(reprojection(rig, fit.setup, views) ** 2))),
        metres=float(np.sqrt(np.mean(np.sum(np.square(shifts), axis=1)))),
        corner_noise=fit.noise.pixel,
        joint_noise=fit.noise.joint,
        used=tuple(used),
        rejected=tuple(sorted(set(range(count)) - set(used))),
    )
