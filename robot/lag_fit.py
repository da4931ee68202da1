"""How late and how fast servos follow, from the set-points and positions of a recorded motion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot.command import Vector
from robot.estimate import Estimate
from robot.recording import Recording

LONGEST = 0.6
"""Greatest lag that is looked for [s]."""

_COARSE = 0.01  # [s] between the lags that are tried first
_PLAY = 0.03  # [rad] after which a joint that turned back follows again
_OUTLIER = 2.0  # standard deviations from where on a sample counts less (Huber)
_ROUNDS = 12
_CORRELATED = 10  # neighbouring samples whose errors are one error
_BEHIND = 0.08  # [rad] beyond its lag, a servo runs as fast as it can
_RUN = 6  # samples in a row that make a speed
_FEWEST = 50  # slow samples that make a lag


@dataclass(frozen=True, slots=True)
class LagFit:
    """How servos follow; None where the motion did not show it.

    lag: from a set-point to its effect in slow motion [s]: dead time plus the time constant
        with which a servo follows, the mean over the joints. A set-point counts as given in the
        middle of the time for which it holds.
    lags: [n] the same of each joint [s].
    speed: greatest speed, the median over the joints that were left behind [rad/s].
    seen_speed: greatest speed that any joint was seen to have [rad/s].
    """

    lag: Estimate | None
    lags: tuple[float, ...]
    speed: Estimate | None
    seen_speed: float


def fit_lag(recording: Recording) -> LagFit:
    """Return lag and speed of the servos in ``recording``; joints that stood still tell none."""
    n = recording.targets.shape[1]
    fits = [_joint_lag(recording, joint) for joint in range(n)]
    lags = np.array([lag for lag, _ in fits])
    known = np.isfinite(lags)
    lag = None
    if known.any():
        formal = np.array([std for _, std in fits])[known]
        scatter = float(np.std(lags[known])) / np.sqrt(known.sum())
        std = float(np.hypot(np.sqrt(np.mean(formal**2) / known.sum()), scatter))
        lag = Estimate(max(0.0, float(lags[known].mean())), std)
    slopes = [_slopes(recording, joint, lag.value if lag else 0.0) for joint in range(n)]
    return LagFit(lag, tuple(lags.tolist()), _speed(slopes), _seen_speed(recording))


def _joint_lag(recording: Recording, joint: int) -> tuple[float, float]:
    """Return the lag of ``joint`` and its standard deviation [s], NaN if it cannot be told.

    measured(t) = (1 + swing) target(t - lag) - play * direction(t - lag) + offset, by
    Gauss-Newton. What play and friction keep back does not grow with the speed, and a lagging
    servo swings a little less far: neither is lag.
    """
    stamps, given, targets, measured, fit = _slow_part(recording, joint)
    fit &= np.interp(stamps, given, _taken_up(targets).astype(float)) > 0.5
    if fit.sum() < _FEWEST:
        return np.nan, np.nan
    lag = _coarse_lag(stamps, given, targets, measured, fit)
    fit &= np.interp(stamps - lag, given, _taken_up(targets).astype(float)) > 0.5
    if fit.sum() < _FEWEST:
        return np.nan, np.nan
    others = np.zeros(3)
    for _ in range(_ROUNDS):
        then = stamps - lag
        rate = _rate(given, targets, then)
        target = np.interp(then, given, targets)
        columns = np.column_stack([-rate, -np.sign(rate), target, np.ones_like(rate)])[fit]
        error = (measured - target)[fit] - columns[:, 1:] @ others
        weights = _huber(error)
        normal = columns.T @ (weights[:, None] * columns)
        step = np.linalg.lstsq(normal, columns.T @ (weights * error), rcond=None)[0]
        lag = float(np.clip(lag + step[0], -_COARSE, LONGEST))
        others = others + step[1:]
    spread = float(np.sqrt(_CORRELATED * np.mean(weights * error**2)))
    return lag, spread * float(np.sqrt(np.linalg.pinv(normal)[0, 0]))


def _slow_part(
    recording: Recording, joint: int
) -> tuple[Vector, Vector, Vector, Vector, NDArray[np.bool_]]:
    """Return stamps, when set-points count as given, both courses, and what to fit."""
    stamps = recording.stamps
    given = stamps + 0.5 * float(np.median(np.diff(stamps)))
    begun = stamps - stamps[0] > LONGEST
    return (
        stamps, given, recording.targets[:, joint], recording.measured[:, joint],
        recording.slow & begun,
    )  # fmt: skip


def _taken_up(targets: Vector) -> NDArray[np.bool_]:
    """Return where ``targets`` have turned one way for so long that no play is left."""
    turned = np.sign(np.diff(targets, prepend=targets[:1]))
    moving = np.flatnonzero(turned)
    began = np.zeros(len(targets), dtype=int)
    reversed_at = moving[1:][np.diff(turned[moving]) != 0.0] - 1
    began[reversed_at] = reversed_at
    begun: Vector = targets[np.maximum.accumulate(began)]
    return np.abs(targets - begun) > _PLAY


def _coarse_lag(
    stamps: Vector, given: Vector, targets: Vector, measured: Vector, fit: NDArray[np.bool_]
) -> float:
    lags = np.arange(0.0, LONGEST, _COARSE)
    spreads = [np.std((measured - np.interp(stamps - lag, given, targets))[fit]) for lag in lags]
    return float(lags[int(np.argmin(spreads))])


def _rate(given: Vector, targets: Vector, at: Vector) -> Vector:
    """Return how fast the set-point moved at the times ``at`` [rad/s]."""
    middle = 0.5 * (given[1:] + given[:-1])
    rate: Vector = np.interp(at, middle, np.diff(targets) / np.diff(given))
    return rate


def _huber(error: Vector) -> Vector:
    """Return weights by which outliers pull no more than an ordinary error does."""
    spread = 1.4826 * float(np.median(np.abs(error - np.median(error)))) + 1e-9
    weights: Vector = np.minimum(1.0, _OUTLIER * spread / np.maximum(np.abs(error), 1e-12))
    return weights


def _slopes(recording: Recording, joint: int, lag: float) -> list[float]:
    """Return the speeds at which ``joint`` ran while it was left behind [rad/s]."""
    stamps, measured = recording.stamps, recording.measured[:, joint]
    given = stamps + 0.5 * float(np.median(np.diff(stamps)))
    behind = np.interp(stamps - lag, given, recording.targets[:, joint]) - measured
    speeds = []
    for sign in (1.0, -1.0):
        for run in _runs((sign * behind > _BEHIND) & ~recording.slow):
            slope = np.polyfit(stamps[run] - stamps[run][0], measured[run], 1)[0]
            speeds.append(sign * float(slope))
    return speeds


def _runs(chosen: NDArray[np.bool_]) -> list[slice]:
    """Return where ``chosen`` is true for long; first and last samples of each left out."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(int)))
    spans = zip(edges[::2] + 1, edges[1::2] - 1, strict=True)
    return [slice(first, last) for first, last in spans if last - first >= _RUN]


def _speed(slopes: list[list[float]]) -> Estimate | None:
    joints = np.array([np.median(speeds) for speeds in slopes if speeds])
    joints = joints[joints > 0.0]
    if not joints.size:
        return None
    runs = np.array([speed for speeds in slopes for speed in speeds])
    spread = 1.4826 * float(np.median(np.abs(runs - np.median(runs))))
    return Estimate(float(np.median(joints)), max(spread / np.sqrt(runs.size), 1e-3))


def _seen_speed(recording: Recording) -> float:
    """Return the greatest speed over ten samples, so that no quantum counts as motion."""
    ways = np.abs(recording.measured[10:] - recording.measured[:-10])
    times = recording.stamps[10:] - recording.stamps[:-10]
    return float((ways / times[:, None]).max()) if len(times) else 0.0
