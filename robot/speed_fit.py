"""The greatest speed of servos, from where a fast motion left them behind."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot.course import Course
from robot.estimate import Estimate
from robot.recording import Recording

_BEHIND = 0.08  # [rad] beyond its lag, a servo runs as fast as it can
_RUN = 4  # samples in a row that make a speed
_WINDOW = 10  # samples over which no quantum counts as motion


def fit_speed(courses: Sequence[Course], lag: float) -> Estimate | None:
    """Return the median speed [rad/s] of joints that fell behind by more than ``lag`` [s].

    None if all kept up: then the servos can be faster than they were asked to be.
    """
    each = [_speeds(course, lag) for course in courses]
    joints = np.array([np.median(speeds) for speeds in each if speeds])
    joints = joints[joints > 0.0]
    if not joints.size:
        return None
    runs = np.array([speed for speeds in each for speed in speeds])
    spread = 1.4826 * float(np.median(np.abs(runs - np.median(runs))))
    return Estimate(float(np.median(joints)), max(spread / np.sqrt(runs.size), 1e-3))


def seen_speed(recording: Recording) -> float:
    """Return the greatest speed that any joint was seen to have [rad/s]."""
    ways = np.abs(recording.measured[_WINDOW:] - recording.measured[:-_WINDOW])
    times = recording.stamps[_WINDOW:] - recording.stamps[:-_WINDOW]
    return float((ways / times[:, None]).max()) if len(times) else 0.0


def _speeds(course: Course, lag: float) -> list[float]:
    """Return the speeds at which a joint ran while it was left behind [rad/s]."""
    behind = course.target(lag) - course.measured
    speeds = []
    for sign in (1.0, -1.0):
        for run in _runs((sign * behind > _BEHIND) & ~course.slow):
            times = course.stamps[run] - course.stamps[run][0]
            speeds.append(sign * float(np.polyfit(times, course.measured[run], 1)[0]))
    return speeds


def _runs(chosen: NDArray[np.bool_]) -> list[slice]:
    """Return where ``chosen`` is true for long; first and last samples of each left out."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(int)))
    spans = zip(edges[::2] + 1, edges[1::2] - 1, strict=True)
    return [slice(first, last) for first, last in spans if last - first >= _RUN]
