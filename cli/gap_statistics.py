"""Figures with intervals: rates by Wilson, statistics over episodes by the bootstrap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.statistics import wilson_interval

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Reduces the last axis."""

FEWEST = 4
"""Episodes below which a bootstrap says nothing."""

_RESAMPLED = 2_000
_TAILS = (2.5, 97.5)  # [%]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and its 95 % interval, if one is known; count: values, or trials, behind it."""

    value: float
    interval: tuple[float, float] | None
    count: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        interval = None if self.interval is None else list(self.interval)
        return {"value": self.value, "ci95": interval, "count": self.count}


def median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median."""
    return np.asarray(np.median(values, axis=-1))


def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean."""
    return np.asarray(values.mean(axis=-1))


def rms(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the root mean square."""
    return np.asarray(np.sqrt((values**2).mean(axis=-1)))


def rate(successes: int, trials: int) -> Figure:
    """Return the share of ``successes``, with its Wilson interval; ``trials`` > 0."""
    return Figure(successes / trials, wilson_interval(successes, trials), trials)


def rates_apart(first: tuple[int, int], second: tuple[int, int]) -> Figure:
    """Return the first rate less the second, each given as successes and trials.

    The interval is Newcombe's hybrid of two Wilson intervals. (R. G. Newcombe, Interval
    estimation for the difference between independent proportions, 1998, method 10.)
    """
    a, b = rate(*first), rate(*second)
    assert a.interval is not None and b.interval is not None
    apart = a.value - b.value
    below = hypot(a.value - a.interval[0], b.interval[1] - b.value)
    above = hypot(a.interval[1] - a.value, b.value - b.interval[0])
    return Figure(apart, (apart - below, apart + above), min(first[1], second[1]))


def over_episodes(values: Sequence[float], statistic: Statistic) -> Figure | None:
    """Return ``statistic`` of ``values``, one an episode; None without a finite one.

    The interval is that of a percentile bootstrap over episodes, which is drawn always the same.
    (B. Efron, Bootstrap methods: another look at the jackknife, 1979.)
    """
    known = np.array([value for value in values if np.isfinite(value)])
    if not known.size:
        return None
    interval = None
    if known.size >= FEWEST:
        drawn = np.random.default_rng(0).choice(known, (_RESAMPLED, known.size))
        low, high = np.percentile(statistic(drawn), _TAILS)
        interval = float(low), float(high)
    return Figure(float(statistic(known)), interval, known.size)


def quantile(values: Sequence[float], share: float) -> Figure | None:
    """Return the quantile of ``values`` at ``share``, without an interval; None without values."""
    known = np.array([value for value in values if np.isfinite(value)])
    return Figure(float(np.quantile(known, share)), None, known.size) if known.size else None
