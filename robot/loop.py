"""Pace a control loop, and tell how well the pace was kept."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

_WINDOW = 16_384  # newest ticks the report's percentiles are taken over


@dataclass(frozen=True, slots=True)
class LoopReport:
    """How a control loop ran.

    count: ticks; rate: ticks a second over the whole run [Hz]; period: time between the starts
    of two ticks; work: time spent inside a tick, both [ms]; overruns: ticks whose work ended
    after the next one was due.
    """

    count: int
    rate: float
    period_p50: float
    period_p99: float
    period_max: float
    work_p50: float
    work_p99: float
    work_max: float
    overruns: int

    def __str__(self) -> str:
        return (
            f"{self.count} ticks at {self.rate:.1f} Hz;"
            f" period {self.period_p50:.1f} ms (p99 {self.period_p99:.1f},"
            f" max {self.period_max:.1f});"
            f" work {self.work_p50:.2f} ms (p99 {self.work_p99:.2f}, max {self.work_max:.2f});"
            f" {self.overruns} overruns"
        )


class ControlLoop:
    """Yield ticks at a fixed rate, against absolute deadlines, so that errors do not add up.

    ``for tick in ControlLoop(20.0).run(100): …`` A late tick starts at once and the schedule is
    kept; whole periods that were missed are skipped, never made up for in a burst. Where ``sleep``
    returns early, as when something came that cannot wait, the tick starts then and the schedule
    begins anew from there.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare a loop of ``rate`` [Hz]; ``clock`` and ``sleep`` are in seconds."""
        if not rate > 0.0:
            raise ValueError(f"rate must be positive, got {rate} Hz")
        self.period = 1.0 / rate
        self._clock, self._sleep = clock, sleep
        self._periods, self._works = _Newest(), _Newest()
        self._count, self._intervals, self._overruns, self._elapsed = 0, 0, 0, 0.0

    def run(self, steps: int | None = None) -> Iterator[int]:
        """Yield 0, 1, … one a period, ``steps`` times or for ever."""
        due = previous = self._clock()
        for tick in count() if steps is None else range(steps):
            start = self._clock()
            if tick:
                self._periods.add(start - previous)
                self._elapsed += start - previous
                self._intervals += 1
            previous = start
            self._count += 1
            yield tick
            due = self._wait(start, due)

    def report(self) -> LoopReport:
        """Return how all runs of this loop went so far; zeros where nothing was measured."""
        p50, p99, longest = self._periods.percentiles()
        work_p50, work_p99, work_longest = self._works.percentiles()
        return LoopReport(
            count=self._count,
            rate=self._intervals / self._elapsed if self._elapsed else 0.0,
            period_p50=p50,
            period_p99=p99,
            period_max=longest,
            work_p50=work_p50,
            work_p99=work_p99,
            work_max=work_longest,
            overruns=self._overruns,
        )

    def _wait(self, start: float, due: float) -> float:
        """Sleep to the end of the period that was due at ``due`` and return when that is."""
        now = self._clock()
        self._works.add(now - start)
        due += self.period
        if now <= due:
            self._sleep(due - now)
            return min(due, self._clock())
        self._overruns += 1
        return due + (now - due) // self.period * self.period


class _Newest:
    """The newest durations [s], in memory that does not grow however long a loop runs."""

    def __init__(self) -> None:
        self._values = np.full(_WINDOW, np.nan)
        self._count = 0

    def add(self, seconds: float) -> None:
        self._values[self._count % _WINDOW] = seconds
        self._count += 1

    def percentiles(self) -> tuple[float, float, float]:
        """Return median, 99th percentile and maximum [ms]; zeros if there is none."""
        if not self._count:
            return 0.0, 0.0, 0.0
        newest = self._values[: self._count]
        p50, p99, longest = np.percentile(newest, (50.0, 99.0, 100.0)) * 1e3
        return float(p50), float(p99), float(longest)
