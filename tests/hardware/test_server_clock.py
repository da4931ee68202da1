import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.clock import ServerClock
from robot.errors import ArmError

delays = st.lists(st.floats(1e-4, 0.5), min_size=1, max_size=30)


@given(delays, st.floats(-1e6, 1e6))
def test_the_estimate_is_never_ahead_of_the_server_and_lags_by_the_best_delay(
    delays: list[float], offset: float
) -> None:
    clock = ServerClock()
    for second, delay in enumerate(delays):
        clock.observe(second + offset, second + delay)
    now = float(len(delays))
    lag = now + offset - clock.at(now)
    assert lag >= -1e-6, "an old command could pass for a fresh one"
    assert lag <= min(delays) + 2e-4 * len(delays) + 1e-6
    assert clock.local(clock.at(now)) == pytest.approx(now, abs=1e-6)


@given(st.floats(-1e-4, 1e-4))
def test_it_follows_two_clocks_that_drift_apart(drift: float) -> None:
    clock = ServerClock()
    for second in range(3600):
        clock.observe(second * (1.0 + drift), second + 0.001)
    assert 3600 * (1.0 + drift) - clock.at(3600.0) == pytest.approx(0.001, abs=5e-4)


def test_before_any_answer_it_knows_nothing() -> None:
    with pytest.raises(ArmError, match="connect first"):
        ServerClock().at(1.0)
