import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.noise_meter import NoiseMeter
from perception.one_euro import OneEuro

RATE = 30.0
STRAIGHT, CIRCULAR = np.array([False]), np.array([True])


def filtered(values: np.ndarray, stamps: np.ndarray, noise: float = 1.0) -> np.ndarray:
    euro = OneEuro(STRAIGHT, np.array([noise]))
    return np.array([euro.step(np.array([v]), t)[0] for v, t in zip(values, stamps, strict=True)])


def uneven(random: np.random.Generator, count: int) -> np.ndarray:
    return np.cumsum(random.uniform(0.2, 1.8, count)) / RATE


def test_noise_of_a_value_at_rest_is_taken_away_for_good():
    random = np.random.default_rng(0)
    still = filtered(random.normal(0.0, 1.0, 1800), np.arange(1800) / RATE)
    assert still[300:].std() < 0.05
    assert np.abs(still[300:]).max() < 0.2


def test_a_movement_beyond_its_noise_is_followed_without_lag():
    random = np.random.default_rng(1)
    stamps = uneven(random, 1200)
    wave = 10.0 * np.sin(np.pi * stamps)
    seen = filtered(wave + random.normal(0.0, 0.5, 1200), stamps)[300:]
    turn = np.exp(-1j * np.pi * stamps[300:])
    late = np.angle((turn @ wave[300:]) / (turn @ seen)) / np.pi
    assert abs(late) < 0.02
    assert np.abs(turn @ seen) == pytest.approx(np.abs(turn @ wave[300:]), rel=0.05)


def test_without_noise_a_filtered_value_is_the_value():
    stamps = np.arange(300) / RATE
    wave = np.sin(np.pi * stamps)
    assert np.abs(filtered(wave, stamps, 0.01) - wave)[60:].max() < 0.03


def test_a_step_beyond_the_noise_is_followed_within_a_quarter_second():
    random = np.random.default_rng(2)
    step = np.repeat([0.0, 20.0], 150)
    seen = filtered(step + random.normal(0.0, 1.0, 300), np.arange(300) / RATE)
    assert abs(seen[158] - 20.0) < 3.0
    assert abs(seen[-1] - 20.0) < 0.5


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(0.0, 5.0))
def test_stamps_that_repeat_or_go_back_change_nothing(values: list[float], back: float):
    euro = OneEuro(STRAIGHT, np.array([1.0]))
    for i in range(5):
        kept = euro.step(np.array([float(i)]), 10.0 + i / RATE)
    for value in values:
        assert euro.step(np.array([value]), 10.0 + 4 / RATE - back) == kept


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.0, 2.0)), min_size=1, max_size=40))
def test_an_angle_stays_an_angle_whatever_the_times(samples: list[tuple[float, float]]):
    euro, now = OneEuro(CIRCULAR, np.array([0.1])), 0.0
    for value, dt in samples:
        now += dt
        out = euro.step(np.array([value]), now)
        assert np.isfinite(out).all()
        assert np.abs(out).max() <= np.pi + 1e-12


def test_an_angle_is_followed_the_short_way_round():
    euro, stamps = OneEuro(CIRCULAR, np.array([0.02])), np.arange(240) / RATE
    for t in stamps:
        turning = np.angle(np.exp(1j * 2.0 * t))
        out = euro.step(np.array([turning]), t)[0]
        if t > 1.0:
            assert abs(np.angle(np.exp(1j * (out - turning)))) < 0.01


def test_what_is_not_seen_stays_and_what_never_was_is_nan():
    euro = OneEuro(np.array([False, False]), np.ones(2))
    assert np.isnan(euro.step(np.array([np.nan, 1.0]), 0.0)).tolist() == [True, False]
    for i in range(1, 90):
        out = euro.step(np.array([np.nan, np.nan]), i / RATE)
    assert np.isnan(out[0])
    assert out[1] == 1.0
    assert euro.step(np.array([7.0, 1.0]), 4.0).tolist() == [7.0, 1.0]


@pytest.mark.parametrize("deviation", [0.05, 1.0, 8.0])
def test_noise_is_measured_also_of_a_moving_value_at_uneven_times(deviation: float):
    random = np.random.default_rng(3)
    meter, stamps = NoiseMeter(STRAIGHT, np.array([1.0])), uneven(random, 900)
    found = [meter.step(np.array([20.0 * t + random.normal(0.0, deviation)]), t)[0] for t in stamps]
    assert np.median(found[450:]) == pytest.approx(deviation, rel=0.15)


def test_one_outlier_is_no_noise():
    random = np.random.default_rng(4)
    meter = NoiseMeter(STRAIGHT, np.array([1.0]))
    for i in range(300):
        meter.step(random.normal(0.0, 1.0, 1), i / RATE)
    assert meter.step(np.array([1e4]), 10.0)[0] < 1.3
