import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.statistics import RollingStatistics, wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # R, binom::binom.confint(x, n, methods = "wilson").
        (0, 10, 0.0, 0.2775328),
        (5, 10, 0.2365931, 0.7634069),
        (10, 10, 0.7224672, 1.0),
        # Newcombe 1998, Statistics in Medicine 17, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_has_the_published_values(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_holds_the_rate_and_stays_within_bounds(pair: tuple[int, int]) -> None:
    successes, trials = pair
    low, high = wilson_interval(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1


@pytest.mark.parametrize("pair", [(1, 0), (-1, 3), (4, 3)])
def test_impossible_counts_are_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="successes in"):
        wilson_interval(*pair)


def info(value: float, success: bool | None = None) -> dict[str, object]:
    plain = {"return": value, "length": 2, "reward_terms": {"lift": value / 2}}
    return plain if success is None else plain | {"is_success": success}


def test_means_look_back_over_the_window_alone() -> None:
    statistics = RollingStatistics(window=2)
    for value, success in ((100.0, True), (1.0, False), (3.0, True)):
        statistics.add(info(value, success))
    expected = {"return": 2.0, "length": 2.0, "success_rate": 0.5, "reward/lift": 1.0}
    assert statistics.means() == expected
    assert statistics.episodes == 3


def test_success_is_not_invented_where_the_environment_does_not_report_it() -> None:
    statistics = RollingStatistics()
    assert statistics.means() == {}
    statistics.add(info(1.0))
    assert "success_rate" not in statistics.means()


def test_statistics_survive_json() -> None:
    original, restored = RollingStatistics(3), RollingStatistics(3)
    for value in range(5):
        original.add(info(value, value > 2))
    restored.load_state(json.loads(json.dumps(original.state())))
    for statistics in (original, restored):
        statistics.add(info(9.0, True))
    assert restored.means() == original.means()
    assert restored.episodes == original.episodes
