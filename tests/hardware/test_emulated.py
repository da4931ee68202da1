import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import MODEL

from hardware.emulated import EmulatedDriver, EmulatedServos
from robot.command import JointCommand

IDEAL = EmulatedServos(
    latency_s=0.0, lag_s=1e-6, resolution=1e-9, gripper_resolution=1e-9, zero_std=0.0, gain_std=0.0
)
TARGET = JointCommand(MODEL.home + 0.5, 0.02)


class HandClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def driver(servos: EmulatedServos, clock: HandClock, seed: int = 0) -> EmulatedDriver:
    return EmulatedDriver(MODEL, servos, seed=seed, clock=clock)


def test_it_moves_at_its_speed_limit_and_measures_so() -> None:
    clock = HandClock()
    arm = driver(EmulatedServos(speed=0.5, latency_s=0.0, lag_s=1e-6), clock)
    arm.write(TARGET)
    arm.read()
    clock.now = 0.1
    state = arm.read()
    np.testing.assert_allclose(state.positions, 0.05 * MODEL.max_velocity, atol=0.001)
    np.testing.assert_allclose(state.velocities, 0.5 * MODEL.max_velocity, rtol=1e-9)
    assert state.stamp == 0.1


def test_nothing_happens_before_the_latency_has_passed() -> None:
    clock = HandClock()
    arm = driver(EmulatedServos(latency_s=0.05), clock)
    arm.write(TARGET)
    clock.now = 0.049
    np.testing.assert_allclose(arm.read().positions, MODEL.home, atol=1e-3)
    clock.now = 2.0
    np.testing.assert_allclose(arm.read().positions, TARGET.positions, atol=2e-3)


def test_the_last_of_the_way_is_exponential_with_the_lag() -> None:
    clock = HandClock()
    arm = driver(EmulatedServos(latency_s=0.0, lag_s=0.1, resolution=1e-9), clock)
    arm.write(JointCommand(MODEL.home + 0.01, 0.06))
    clock.now = 0.1
    left = 0.01 - arm.read().positions
    np.testing.assert_allclose(left, 0.01 * np.exp(-1.0), rtol=1e-6)


@given(st.lists(st.floats(0.001, 0.3), min_size=1, max_size=20))
def test_how_often_one_looks_changes_nothing(pauses: list[float]) -> None:
    often, once = HandClock(), HandClock()
    watched, unwatched = (driver(EmulatedServos(), clock) for clock in (often, once))
    for arm in (watched, unwatched):
        arm.write(TARGET)
    for pause in pauses:
        often.now += pause
        watched.read()
    once.now = often.now
    np.testing.assert_allclose(watched.true_positions, unwatched.true_positions, atol=1e-9)


def test_it_measures_in_whole_counts() -> None:
    clock = HandClock()
    arm = driver(EmulatedServos(resolution=0.01), clock)
    arm.write(JointCommand(MODEL.home + 0.1234, 0.02))
    clock.now = 3.0
    np.testing.assert_allclose(arm.read().positions, 0.12, atol=1e-9)


def test_its_zero_and_gain_errors_show_outside_but_not_in_its_measurement() -> None:
    clock = HandClock()
    arm = driver(EmulatedServos(), clock, seed=3)
    arm.write(TARGET)
    clock.now = 3.0
    measured, true = arm.read().positions, arm.true_positions
    np.testing.assert_allclose(measured, TARGET.positions, atol=2e-3)
    assert 0.005 < np.abs(true - measured).max() < 0.15


def test_its_hidden_errors_come_from_the_seed_alone() -> None:
    def truth(seed: int) -> tuple[float, ...]:
        servos = EmulatedServos()
        return tuple(driver(servos, HandClock(), seed).true_positions)

    assert truth(1) == truth(1) != truth(2)


def test_hold_forgets_what_was_under_way() -> None:
    clock = HandClock()
    arm = driver(IDEAL, clock)
    arm.write(TARGET)
    clock.now = 0.05
    arm.read()
    arm.hold()
    held = arm.true_positions
    clock.now = 2.0
    np.testing.assert_allclose(arm.true_positions, held, atol=1e-6)
    assert 0.05 < held.max() < 0.45


@pytest.mark.parametrize("late", [0.0, 0.01])
def test_commands_under_way_act_in_turn(late: float) -> None:
    clock = HandClock()
    arm = driver(EmulatedServos(latency_s=0.1, lag_s=1e-6), clock)
    arm.write(TARGET)
    clock.now = 0.05
    arm.write(JointCommand(MODEL.home, 0.06))
    clock.now = 0.15 + late
    furthest = 0.05 * MODEL.max_velocity
    np.testing.assert_allclose(
        arm.read().positions, furthest - late * MODEL.max_velocity, atol=0.002
    )
