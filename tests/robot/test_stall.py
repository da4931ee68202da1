import numpy as np
import pytest

from robot.stall import PERIODS, StallWatch

SPEED = 0.002  # [m] a control period


def first_stop(openings: np.ndarray) -> int | None:
    watch = StallWatch(SPEED, 0.9)
    return next((i for i, opening in enumerate(openings) if watch.stopped(opening)), None)


@pytest.mark.parametrize("lag", [0, 3, 6])
def test_jaws_that_lag_are_taken_to_be_stopped_soon_after_they_are(lag: int) -> None:
    told = 0.06 - SPEED * np.arange(20)
    measured = np.concatenate([np.full(lag, 0.06), told, np.full(10, told[-1])])
    stop = first_stop(measured)
    assert stop is not None
    assert lag + 20 <= stop <= lag + 20 + PERIODS


def test_jaws_that_nothing_stops_are_not_taken_to_be_whatever_servos_round() -> None:
    measured = np.concatenate([np.full(5, 0.06), 0.06 - SPEED * np.arange(25)])
    assert first_stop(np.round(measured / 0.0003) * 0.0003) is None


def test_jaws_that_have_not_set_out_yet_are_not_stopped() -> None:
    assert first_stop(np.full(20, 0.06)) is None


def test_what_was_before_a_reset_counts_no_more() -> None:
    watch = StallWatch(SPEED, 0.9)
    for i in range(10):
        watch.stopped(0.06 - SPEED * i)
    watch.reset()
    assert not any(watch.stopped(0.04) for _ in range(2 * PERIODS))
