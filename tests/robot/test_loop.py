import itertools
import time

import pytest

from robot.loop import ControlLoop

pytestmark = pytest.mark.real_time


class LabourClock:
    """A clock that goes on only when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def spend(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> LabourClock:
    return LabourClock()


@pytest.fixture
def loop(clock: LabourClock) -> ControlLoop:
    return ControlLoop(20.0, clock=clock, sleep=clock.spend)


def test_ticks_count_up_and_end_after_the_steps_asked(loop: ControlLoop) -> None:
    assert list(loop.run(4)) == [0, 1, 2, 3]
    assert loop.report().count == 4


def test_runs_for_ever_without_a_number_of_steps(loop: ControlLoop) -> None:
    assert list(itertools.islice(loop.run(), 50)) == list(range(50))


def test_ticks_start_on_the_schedule_whatever_the_work_takes(
    loop: ControlLoop, clock: LabourClock
) -> None:
    starts = []
    for tick in loop.run(100):
        starts.append(clock.now)
        clock.spend(0.001 + 0.0004 * tick)
    assert starts == pytest.approx([100.0 + 0.05 * tick for tick in range(100)])
    assert loop.report().overruns == 0


def test_one_late_tick_is_made_up_for_and_counted(loop: ControlLoop, clock: LabourClock) -> None:
    starts = []
    for tick in loop.run(5):
        starts.append(clock.now - 100.0)
        clock.spend(0.07 if tick == 1 else 0.01)
    assert starts == pytest.approx([0.0, 0.05, 0.12, 0.15, 0.20])
    assert loop.report().overruns == 1


def test_missed_periods_are_skipped_and_not_run_in_a_burst(
    loop: ControlLoop, clock: LabourClock
) -> None:
    starts = []
    for tick in loop.run(4):
        starts.append(clock.now - 100.0)
        clock.spend(0.23 if tick == 0 else 0.01)
    assert starts == pytest.approx([0.0, 0.23, 0.25, 0.30])
    assert loop.report().overruns == 1


def test_the_report_tells_periods_and_work_in_milliseconds(
    loop: ControlLoop, clock: LabourClock
) -> None:
    for tick in loop.run(101):
        clock.spend(0.060 if tick == 100 else 0.010)
    report = loop.report()
    assert report.rate == pytest.approx(20.0)
    assert report.period_p50 == report.period_max == pytest.approx(50.0)
    assert report.work_p50 == pytest.approx(10.0)
    assert report.work_max == pytest.approx(60.0)
    assert "101 ticks at 20.0 Hz" in str(report)
    assert "1 overruns" in str(report)


def test_a_loop_that_did_not_run_reports_zeros(loop: ControlLoop) -> None:
    report = loop.report()
    assert (report.count, report.rate, report.period_p99, report.work_max) == (0, 0.0, 0.0, 0.0)


def test_the_last_tick_counts_even_when_the_loop_is_left_early(loop: ControlLoop) -> None:
    for _ in loop.run():
        break
    assert loop.report().count == 1


@pytest.mark.parametrize("rate", [0.0, -5.0, float("nan")])
def test_a_rate_that_is_not_positive_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        ControlLoop(rate)


def test_on_the_wall_clock_errors_do_not_add_up() -> None:
    loop = ControlLoop(100.0)
    start = time.monotonic()
    for _ in loop.run(50):
        time.sleep(0.002)
    assert 0.499 <= time.monotonic() - start < 0.6


def test_a_tick_that_is_woken_early_starts_the_schedule_anew(clock: LabourClock) -> None:
    naps = iter([0.05, 0.01, 0.05, 0.05, 0.05])
    loop = ControlLoop(20.0, clock=clock, sleep=lambda left: clock.spend(min(left, next(naps))))
    starts = [clock.now - 100.0 for _ in loop.run(5)]
    assert starts == pytest.approx([0.0, 0.05, 0.06, 0.11, 0.16])
