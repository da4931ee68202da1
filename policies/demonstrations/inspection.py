"""What is wrong with an episode: gaps, jumps, stretches in which nothing happens."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.demonstrations.episode import Episode

GAP = 1.5  # periods between two frames from which on one was dropped
SLACK = 1.1  # of the velocity limit; a stamp is some ms off when the arm heard
UNSTEADY = 1.4  # likewise, of what is measured: a servo may catch up
STILL = 0.002  # [rad or m] a frame; above what a servo's reading flickers by
IDLE = 1.0  # [s] from which on it is a span
RATE = 0.9
"""Share of the rate that frames were meant to have, below which an episode is marked."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Figures of one episode.

    frames, seconds, rate [Hz]: as really recorded. dropped: frames missing where two stamps are
    too far apart; longest_gap [s]. jumps: frames at which a joint was told, or measured, to move
    faster than it can; None where its limits are not known. idle: spans of a second or more in
    which nothing moves, first and last stamp [s]. slow: the rate is below the limit.
    """

    index: int
    task: str
    success: bool | None
    frames: int
    seconds: float
    rate: float
    dropped: int
    longest_gap: float
    jumps: int | None
    idle: tuple[tuple[float, float], ...]
    slow: bool


def inspect_episode(
    episode: Episode,
    rate: float,
    max_velocity: NDArray[np.float64] | None = None,
    least_rate: float | None = None,
) -> Inspection:
    """Return the figures of ``episode``, which was meant to have ``rate`` [Hz].

    max_velocity: [n] of the first n numbers of a state [rad/s], None if unknown.
    least_rate: below which it is marked as slow [Hz], 0.9 of ``rate`` if None.
    """
    gaps = np.diff(episode.stamps)
    least = RATE * rate if least_rate is None else least_rate
    jumps = None if max_velocity is None else jumps_of(episode, rate, max_velocity)
    return Inspection(
        index=episode.index,
        task=episode.task,
        success=episode.success,
        frames=len(episode),
        seconds=episode.seconds,
        rate=episode.rate,
        dropped=_dropped(gaps * rate),
        longest_gap=float(gaps.max()),
        jumps=None if jumps is None else len(jumps),
        idle=idle_spans(episode),
        slow=episode.rate < least,
    )


def jumps_of(
    episode: Episode, rate: float, max_velocity: NDArray[np.float64], speed: float = 1.0
) -> NDArray[np.intp]:
    """Return the frames at which a joint moves faster than ``max_velocity`` [n] [rad/s].

    speed: how many times as fast as recorded what was told is to be told again. A frame that came
    early belongs to a whole period: the one before it came late.
    """
    n, times = len(max_velocity), np.maximum(np.diff(episode.stamps), 1.0 / rate)[:, None]
    measured, told = (np.abs(np.diff(part[:, :n], axis=0)) / times for part in _parts(episode))
    too_fast = (speed * told > SLACK * max_velocity) | (measured > UNSTEADY * max_velocity)
    return np.flatnonzero(too_fast.any(axis=1)) + 1


def idle_spans(episode: Episode) -> tuple[tuple[float, float], ...]:
    """Return when nothing moved, first and last stamp [s] of each span of a second or more."""
    moves = np.maximum(*(np.abs(np.diff(part, axis=0)).max(axis=1) for part in _parts(episode)))
    still = np.concatenate([[False], moves < STILL, [False]]).astype(np.int8)
    turns = np.diff(still)
    begins, ends = np.flatnonzero(turns == 1), np.flatnonzero(turns == -1)
    stamps = episode.stamps
    spans = ((float(stamps[a]), float(stamps[b])) for a, b in zip(begins, ends, strict=True))
    return tuple((begin, end) for begin, end in spans if end - begin >= IDLE)


def _dropped(periods: NDArray[np.float64]) -> int:
    """Return how many frames are missing in gaps of so many ``periods``.

    Not where only one came late: then the next one came the sooner after it.
    """
    alone = np.round(periods) - 1
    both = np.round(periods + np.append(periods[1:], 1.0)) - 2
    return int(np.minimum(alone, both)[periods > GAP].sum())


def _parts(episode: Episode) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return episode.states.astype(np.float64), episode.actions.astype(np.float64)
