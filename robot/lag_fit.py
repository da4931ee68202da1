"""How late servos follow, from the set-points and positions of a recorded slow motion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot.command import Vector
from robot.course import Course
from robot.errors import RobotError
from robot.estimate import Estimate
from robot.recording import Recording
from robot.speed_fit import fit_speed, seen_speed

LONGEST = 0.6
"""Greatest lag that is looked for [s]."""

_COARSE = 0.01  # [s] between the lags that are tried first
_PLAY = 0.03  # [rad] after which a joint that turned back follows again
_OUTLIER = 2.0  # standard deviations from where on a sample counts less (Huber)
_ROUNDS = 12
_CORRELATED = 10  # neighbouring samples whose errors are one error
_FEWEST = 50  # slow samples that make a lag


@dataclass(frozen=True, slots=True)
class LagFit:
    """How servos follow; None where the motion did not show it.

    lag: from a set-point to its effect in slow motion [s]: dead time plus the time constant
        with which a servo follows, the mean over the joints. A set-point counts as given in the
        middle of the time for which it holds.
    lags: [n] the same of each joint [s], NaN of one that did not move.
    speed: greatest speed, the median over the joints that were left behind [rad/s].
    seen_speed: greatest speed that any joint was seen to have [rad/s].
    """

    lag: Estimate | None
    lags: tuple[float, ...]
    speed: Estimate | None
    seen_speed: float


def fit_lag(recording: Recording) -> LagFit:
    """Return lag and speed of the servos in ``recording``; joints that stood still tell none.

    Raises RobotError if there are too few samples to tell anything.
    """
    if len(recording.stamps) < _FEWEST:
        raise RobotError(f"recording: {len(recording.stamps)} samples, at least {_FEWEST} needed")
    courses = [Course.of(recording, joint) for joint in range(recording.targets.shape[1])]
    lags, stds = np.array([_joint_lag(course) for course in courses]).T
    known = np.isfinite(lags)
    lag = _mean(lags[known], stds[known]) if known.any() else None
    speed = fit_speed(courses, lag.value if lag else 0.0)
    return LagFit(lag, tuple(lags.tolist()), speed, seen_speed(recording))


def _mean(lags: Vector, stds: Vector) -> Estimate:
    """Return the mean over joints; their scatter adds to what each is uncertain by."""
    own, scatter = float(np.mean(stds**2)), float(np.var(lags))
    return Estimate(max(0.0, float(lags.mean())), float(np.sqrt((own + scatter) / lags.size)))


def _joint_lag(course: Course) -> tuple[float, float]:
    """Return the lag of a joint and its standard deviation [s], NaN if it cannot be told.

    measured(t) = (1 + swing) target(t - lag) - play * direction(t - lag) + offset, by
    Gauss-Newton. What play and friction keep back does not grow with the speed, and a lagging
    servo swings a little less far: neither is lag.
    """
    begun = course.slow & (course.stamps - course.stamps[0] > LONGEST)
    lag = _coarse_lag(course, begun)
    fit = begun & course.one_way(lag, _PLAY)
    if fit.sum() < _FEWEST:
        return np.nan, np.nan
    others = np.zeros(3)
    for _ in range(_ROUNDS):
        rate, target = course.rate(lag), course.target(lag)
        columns = np.column_stack([-rate, -np.sign(rate), target, np.ones_like(rate)])[fit]
        error = (course.measured - target)[fit] - columns[:, 1:] @ others
        weights = _huber(error)
        normal = columns.T @ (weights[:, None] * columns)
        step = np.linalg.lstsq(normal, columns.T @ (weights * error), rcond=None)[0]
        lag = float(np.clip(lag + step[0], -_COARSE, LONGEST))
        others = others + step[1:]
    spread = float(np.sqrt(_CORRELATED * np.mean(weights * error**2)))
    return lag, spread * float(np.sqrt(np.linalg.pinv(normal)[0, 0]))


def _coarse_lag(course: Course, fit: NDArray[np.bool_]) -> float:
    """Return the lag with which the set-points are most like what was measured [s]."""
    lags = np.arange(0.0, LONGEST, _COARSE)
    if not fit.any():
        return 0.0
    spreads = [float(np.std((course.measured - course.target(lag))[fit])) for lag in lags]
    return float(lags[int(np.argmin(spreads))])


def _huber(error: Vector) -> Vector:
    """Return weights by which outliers pull no more than an ordinary error does."""
    spread = 1.4826 * float(np.median(np.abs(error - np.median(error)))) + 1e-9
    weights: Vector = np.minimum(1.0, _OUTLIER * spread / np.maximum(np.abs(error), 1e-12))
    return weights
