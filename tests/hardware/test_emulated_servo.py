from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.emulation.profile import trapezoid
from hardware.emulation.servo import EmulatedServo, Move, ServoTraits

SPEED, ACCELERATION = 2000.0, 30_000.0
COUNTS = st.floats(-3000.0, 3000.0)
TRAITS = ServoTraits(
    speed=SPEED,
    acceleration=ACCELERATION,
    lag_s=0.03,
    backlash=12.0,
    dead_band=3.0,
    stall_error=70.0,
    stall_s=3.0,
    lowest=96,
    highest=4000,
)


def _end(phases: list[tuple[float, float]], velocity: float) -> tuple[float, float, float, float]:
    """Return time, place, velocity at the end, and the greatest speed on the way."""
    time = place = 0.0
    fastest = abs(velocity)
    for duration, rate in phases:
        assert duration >= 0.0
        place += velocity * duration + rate * duration * duration / 2.0
        velocity += rate * duration
        time += duration
        fastest = max(fastest, abs(velocity))
    return time, place, velocity, fastest


@given(COUNTS, st.floats(-2.0 * SPEED, 2.0 * SPEED), st.floats(0.0, 3.0))
def test_a_profile_ends_at_rest_on_its_target_and_never_exceeds_the_speed(
    distance: float, velocity: float, duration: float
) -> None:
    phases = trapezoid(distance, velocity, duration, SPEED, ACCELERATION)
    _, place, end, fastest = _end(phases, velocity)
    assert place == pytest.approx(distance, abs=1e-3)
    assert end == pytest.approx(0.0, abs=1e-3)
    assert fastest <= max(SPEED, abs(velocity)) * (1.0 + 1e-9)


@given(COUNTS, st.floats(-SPEED, SPEED), st.floats(0.0, 3.0))
def test_a_profile_takes_the_time_given_or_the_least_possible(
    distance: float, velocity: float, duration: float
) -> None:
    time = _end(trapezoid(distance, velocity, duration, SPEED, ACCELERATION), velocity)[0]
    least = _end(trapezoid(distance, velocity, 0.0, SPEED, ACCELERATION), velocity)[0]
    if duration < least:
        assert time == pytest.approx(least, abs=1e-6)
    elif abs(distance) > 1.0 and velocity == 0.0:
        assert time == pytest.approx(duration, abs=1e-6)
    else:
        assert time <= duration + 1e-6


def _served(place: float = 2000.0, traits: ServoTraits = TRAITS) -> EmulatedServo:
    servo = EmulatedServo(traits, place, 0.0)
    servo.move(Move(round(place), 1.0), 0.0)
    servo.hold()
    return servo


def _places(servo: EmulatedServo, start: float, end: float, step: float = 0.001) -> np.ndarray:
    places = []
    for now in np.arange(start, end, step):
        servo.advance(float(now))
        places.append(servo.place)
    return np.array(places)


@given(st.lists(st.tuples(st.integers(96, 4000), st.floats(0.0, 0.5)), min_size=1, max_size=8))
def test_the_shaft_is_never_faster_than_its_speed_whatever_is_streamed(
    stream: list[tuple[int, float]],
) -> None:
    servo = _served()
    places = []
    for number, (target, duration) in enumerate(stream):
        servo.move(Move(target, duration), 0.05 * number)
        places.append(_places(servo, 0.05 * number, 0.05 * (number + 1)))
    assert np.abs(np.diff(np.concatenate(places))).max() <= SPEED * 0.001 + 1e-6


@given(st.integers(96, 4000), st.integers(1, 400))
def test_what_it_does_does_not_depend_on_how_often_it_is_looked_at(target: int, looks: int) -> None:
    seen, unseen = _served(), _served()
    for servo in (seen, unseen):
        servo.move(Move(target, 0.3), 0.0)
    for now in np.linspace(0.0, 0.4, looks):
        seen.advance(float(now))
    seen.advance(0.4)
    unseen.advance(0.4)
    assert seen.place == pytest.approx(unseen.place, abs=1e-6)
    assert seen.link == pytest.approx(unseen.link, abs=0.1)


def test_it_arrives_within_the_duration_and_its_lag() -> None:
    servo = _served()
    servo.move(Move(3000, 1.0), 0.0)
    servo.advance(0.9)
    assert servo.measured() < 2995
    servo.advance(1.0 + 5.0 * TRAITS.lag_s)
    assert servo.measured() == 3000


def test_streamed_moves_run_into_one_another_without_stopping() -> None:
    servo = _served()
    for tick in range(50):
        servo.move(Move(2000 + 14 * tick, 0.08), 0.02 * tick)
    speeds = np.diff(_places(servo, 0.3, 0.9)) / 0.001
    assert speeds.min() > 600.0 and speeds.max() < 800.0


def test_the_joint_lags_by_half_the_backlash_from_either_side() -> None:
    servo = _served()
    servo.move(Move(2500, 0.5), 0.0)
    servo.advance(2.0)
    assert servo.link == pytest.approx(2494.0, abs=0.01)
    servo.move(Move(2400, 0.5), 2.0)
    servo.advance(4.0)
    assert servo.link == pytest.approx(2406.0, abs=0.01)


def test_a_small_command_vanishes_and_a_larger_one_does_not() -> None:
    servo = _served()
    servo.move(Move(2003, 0.1), 0.0)
    servo.advance(1.0)
    assert servo.measured() == 2000
    servo.move(Move(2004, 0.1), 1.0)
    servo.advance(2.0)
    assert servo.measured() == 2004


def test_it_starts_when_the_latency_has_passed() -> None:
    servo = _served()
    servo.move(Move(3000, 0.0), 0.1)
    servo.advance(0.1)
    assert servo.place == 2000.0
    servo.advance(0.2)
    assert servo.place > 2050.0


def test_a_target_outside_its_travel_is_its_end() -> None:
    servo = _served()
    servo.move(Move(65_535, 0.0), 0.0)
    servo.advance(10.0)
    assert servo.measured() == 4000


def test_torque_goes_to_the_last_target_at_once() -> None:
    servo = EmulatedServo(TRAITS, 2000.0, 0.0)
    servo.move(Move(2500, 5.0), 0.0)
    servo.advance(1.0)
    assert servo.place == 2000.0
    servo.hold()
    servo.advance(1.6)
    assert servo.measured() == 2500


def test_torque_without_any_target_swings_to_the_end_of_travel() -> None:
    servo = EmulatedServo(TRAITS, 2000.0, 0.0)
    servo.hold()
    servo.advance(5.0)
    assert servo.measured() == 96


def test_a_limp_servo_stays_where_it_was_and_forgets_its_motion() -> None:
    servo = _served()
    servo.move(Move(3000, 1.0), 0.0)
    servo.advance(0.5)
    servo.limp()
    place = servo.place
    servo.advance(5.0)
    assert servo.place == place


def test_a_blocked_servo_goes_limp_after_the_stall_time_until_torque_is_set_anew() -> None:
    servo = _served()
    servo.block(2200)
    servo.move(Move(2600, 0.2), 0.0)
    servo.advance(2.9)
    assert servo.measured() == 2200 and servo.torque and not servo.overloaded
    servo.advance(3.4)
    assert not servo.torque and servo.overloaded
    servo.hold()
    assert servo.torque and not servo.overloaded


def test_a_servo_let_loose_returns_at_its_speed_without_a_jump() -> None:
    servo = _served()
    servo.block(2200)
    servo.move(Move(2600, 0.2), 0.0)
    servo.advance(1.0)
    servo.block(None)
    places = _places(servo, 1.0, 2.0)
    assert np.abs(np.diff(places)).max() <= SPEED * 0.001 + 1e-6
    assert isclose(places[-1], 2600.0, abs_tol=0.01)


def test_leaning_on_a_servo_shows_in_what_it_measures_until_let_go() -> None:
    servo = _served()
    servo.push(100.0)
    servo.advance(1.0)
    assert servo.measured() == 2100
    servo.push(0.0)
    servo.advance(2.0)
    assert servo.measured() == 2000
