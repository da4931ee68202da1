"""Our SAC and stable-baselines3's, both with hindsight, side by side on a task of panda-gym.

Each trains in one thread on a core of its own, at the same time, until 95 of the same 100 held-out
episodes succeed or the minutes are over. The clock is processor time, as `benchmarks.panda_side`
says.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import time
from collections.abc import Sequence
from itertools import cycle
from statistics import median
from typing import Any

from benchmarks.panda_courses import PANDA_COURSES
from benchmarks.panda_side import OURS, PEER, TARGET, Point, race_side
from benchmarks.race_peer import missing_peer
from robot.errors import RobotError, UnknownNameError

NAME = "panda-gym"
LEVELS = (0.90, 0.95)
Curves = dict[str, list[Point]]


def run(
    env: str = "PandaReach-v3",
    minutes: float | None = None,
    seeds: tuple[int, ...] | None = None,
    peers: bool = True,
) -> dict[str, Any]:
    """Race every seed on ``env`` for at most ``minutes`` each, of the wall clock.

    Beside the figures, ``curves`` holds the (seconds, steps, success rate) of every evaluation,
    after one at the start of none.
    Raises UnknownNameError for another task, RobotError without panda-gym.
    """
    if env not in PANDA_COURSES:
        raise UnknownNameError("task", env, PANDA_COURSES)
    if importlib.util.find_spec("panda_gym") is None:
        raise RobotError("panda_gym is not installed: pip install 'twinarm[bench]'")
    course = PANDA_COURSES[env]
    missing = missing_peer() if peers else "not asked for"
    sides = (OURS,) if missing else (OURS, PEER)
    seeds = seeds or ((0, 1, 2) if course.minutes < 10 else (0,))
    curves: Curves = {}
    for seed in seeds:
        raced = _race(sides, env, seed, course.minutes if minutes is None else minutes)
        curves |= {f"{side}, seed {seed}": curve for side, curve in raced.items()}
    ours, theirs = (
        [curve for name, curve in curves.items() if name.startswith(side)] for side in (OURS, PEER)
    )
    figures: dict[str, Any] = {"curves": curves, "env": env, "seeds": len(seeds)}
    figures |= _alone("ours", ours)
    return figures | (
        {"missing": missing} if missing else _alone("peer", theirs) | compare(ours, theirs)
    )


def _race(sides: Sequence[str], env: str, seed: int, minutes: float) -> Curves:
    """Train all ``sides`` at the same time; return their curves."""
    context = multiprocessing.get_context("spawn")
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [None]
    deadline = time.time() + 60.0 * minutes
    runs = {}
    for side, core in zip(sides, cycle(cores), strict=False):
        here, there = context.Pipe(duplex=False)
        arguments = (side, env, seed, deadline, core, there)
        runs[side] = context.Process(target=race_side, args=arguments, daemon=True), here
        runs[side][0].start()
        there.close()
    curves: Curves = {}
    for side, (process, here) in runs.items():
        try:
            curves[side] = here.recv()
        except EOFError:
            raise RobotError(f"{side} broke off; what it said is above") from None
        process.join()
    return curves


def compare(ours: Sequence[list[Point]], theirs: Sequence[list[Point]]) -> dict[str, Any]:
    """Return how both did, seed by seed, after equal time and equal steps, and ratios to success.

    Equal is as far as the side came that stopped earlier. Ratios are medians over the seeds, above
    1 in our favour; a peer that did not succeed counts as if it had at its end.
    """
    pairs = list(zip(ours, theirs, strict=True))
    figures: dict[str, Any] = {}
    for column, what in enumerate(("time", "steps")):
        equal = [min(a[-1][column], b[-1][column]) for a, b in pairs]
        for name, curves in (("ours", ours), ("peer", theirs)):
            rates = [_rate(c, column, end) for c, end in zip(curves, equal, strict=True)]
            figures[f"{name}_success_at_equal_{what}"] = median(rates)
        for level in LEVELS:
            ratios = [_ratio(a, b, column, level) for a, b in pairs]
            if all(ratios):
                figures[f"{what}_ratio_to_{level:.0%}"] = median(filter(None, ratios))
    late = sum(_reached(curve, TARGET) is None for curve in theirs)
    return figures | {"peer_did_not_succeed": f"{late} of {len(theirs)} seeds"}


def _ratio(ours: list[Point], theirs: list[Point], column: int, level: float) -> float | None:
    """Return how many times as much the peer needed to ``level``; None if ours never got there."""
    reached = _reached(ours, level)
    return (_reached(theirs, level) or theirs[-1])[column] / reached[column] if reached else None


def _alone(name: str, curves: Sequence[list[Point]]) -> dict[str, Any]:
    best = [max(rate for _, _, rate in curve) for curve in curves]
    figures: dict[str, Any] = {f"{name}_best_success": median(best)}
    for level in LEVELS:
        reached = [_reached(curve, level) for curve in curves]
        if all(point is not None for point in reached):
            points = [point for point in reached if point is not None]
            figures[f"{name}_s_to_{level:.0%}"] = median(seconds for seconds, _, _ in points)
            figures[f"{name}_steps_to_{level:.0%}"] = median(steps for _, steps, _ in points)
    return figures


def _reached(curve: list[Point], level: float) -> Point | None:
    return next((point for point in curve if point[2] >= level), None)


def _rate(curve: list[Point], column: int, end: float) -> float:
    """Return the success rate at ``end`` seconds or steps: the last evaluation's until then."""
    return next((point[2] for point in reversed(curve) if point[column] <= end), 0.0)
