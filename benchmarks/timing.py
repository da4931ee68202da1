"""Timing several contenders in turns, so that none has the machine in a better hour."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from policies.engine.blas import limit_blas_threads

Step = Callable[[], object]


@dataclass(frozen=True)
class Contender:
    """A step to be timed, and how many threads numpy's products use in this process."""

    step: Step
    blas_threads: int


def interleave(contenders: Mapping[str, Contender], rounds: int, steps: int) -> dict[str, float]:
    """Return the median time of a step of each contender [ms], over rounds of turns."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            limit_blas_threads(contender.blas_threads)
            _settle(contender.step)
            for _ in range(steps):
                start = time.perf_counter()
                contender.step()
                times[name].append((time.perf_counter() - start) * 1e3)
    return {name: median(values) for name, values in times.items()}


def _settle(step: Step, seconds: float = 0.2) -> None:
    """Run ``step`` untimed until the idle threads of the contender before have gone to sleep.

    OpenBLAS and OpenMP threads spin for some 30 ms after their last work.
    """
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        step()
