from collections.abc import Callable

import numpy as np
import pytest
from rig import MODEL

from hardware.motion import Mode, Motion
from hardware.refusal import Reason, Refusal
from robot.command import JointCommand
from robot.soft_start import SoftStart
from robot.trajectory import MotionLimiter

TARGET = JointCommand(MODEL.home + 0.4, 0.03)


class HandClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def motion(clock: HandClock) -> Motion:
    return Motion(MODEL.rest, clock)


def test_silence_first_holds_then_rests_and_a_command_ends_both(
    motion: Motion, clock: HandClock
) -> None:
    motion.follow(TARGET)
    clock.now += 0.3
    assert not motion.expire(0.3, 5.0)
    clock.now += 0.01
    assert motion.expire(0.3, 5.0) == "holding"
    assert "watchdog" in motion.order.cause
    assert not motion.expire(0.3, 5.0)
    clock.now += 5.0
    assert motion.expire(0.3, 5.0) == "resting"
    rest = motion.order.target
    assert rest is not None and rest.gripper == TARGET.gripper, "what is held is not dropped"
    np.testing.assert_array_equal(rest.positions, MODEL.rest)
    motion.follow(TARGET)
    assert motion.order.mode is Mode.FOLLOWING


def test_without_a_rest_time_it_holds_for_ever(motion: Motion, clock: HandClock) -> None:
    motion.follow(TARGET)
    clock.now += 1.0
    motion.expire(0.3, None)
    clock.now += 1e6
    assert motion.expire(0.3, None) is None


def test_an_arm_that_was_never_commanded_never_rests(motion: Motion, clock: HandClock) -> None:
    clock.now += 1e6
    assert motion.expire(0.3, 5.0) is None


COMES_TO_HOLD: dict[str, Callable[[Motion], object]] = {
    "a new controller after a stop": lambda motion: (
        motion.stop("own", emergency=False),
        motion.resume(),
    ),
    "re-arming": lambda motion: (motion.stop("seen", emergency=True), motion.rearm("re-armed")),
    "a new controller after silence": lambda motion: motion.resume(),
}


@pytest.mark.parametrize("name", COMES_TO_HOLD)
def test_an_old_command_does_not_send_the_arm_to_rest_for_somebody_new(
    motion: Motion, clock: HandClock, name: str
) -> None:
    motion.follow(TARGET)
    clock.now += 0.4
    motion.expire(0.3, 5.0)
    clock.now += 3.0
    COMES_TO_HOLD[name](motion)
    clock.now += 1e6
    assert motion.expire(0.3, 5.0) is None
    motion.follow(TARGET)
    clock.now += 6.0
    assert [motion.expire(0.3, 5.0) for _ in range(2)] == ["holding", "resting"]


def test_a_new_controller_ends_the_way_to_rest(motion: Motion, clock: HandClock) -> None:
    motion.follow(TARGET)
    clock.now += 10.0
    assert [motion.expire(0.3, 5.0) for _ in range(2)] == ["holding", "resting"]
    motion.resume()
    assert mode(motion) is Mode.HOLDING


def mode(motion: Motion) -> Mode:
    return motion.order.mode


STAYS_STOPPED: dict[str, Callable[[Motion], object]] = {
    "hold": lambda motion: motion.hold("released"),
    "resume": lambda motion: motion.resume(),
    "silence": lambda motion: motion.expire(0.0, 1e-9),
    "a stop of its own": lambda motion: motion.stop("own", emergency=False),
}


@pytest.mark.parametrize("name", STAYS_STOPPED)
def test_only_rearming_ends_an_emergency_stop(motion: Motion, clock: HandClock, name: str) -> None:
    motion.follow(TARGET)
    motion.stop("emergency stop by bystander", emergency=True)
    clock.now += 10.0
    STAYS_STOPPED[name](motion)
    motion.resume()
    assert mode(motion) is Mode.STOPPED
    with pytest.raises(Refusal) as refusal:
        motion.follow(TARGET)
    assert refusal.value.reason is Reason.STOPPED
    motion.rearm("re-armed")
    assert mode(motion) is Mode.HOLDING
    motion.follow(TARGET)


def test_a_plain_stop_ends_with_the_next_controller(motion: Motion) -> None:
    motion.stop("stop by owner", emergency=False)
    with pytest.raises(Refusal, match="connect anew"):
        motion.follow(TARGET)
    motion.resume()
    motion.follow(TARGET)


PARKED_ON: dict[str, Callable[[Motion], object]] = {
    "hold": lambda motion: motion.hold("lost its client"),
    "resume": lambda motion: motion.resume(),
    "silence": lambda motion: motion.expire(0.0, 1e-9),
    "its client's own stop": lambda motion: motion.stop("own", emergency=False),
    "rearm": lambda motion: motion.rearm("again"),
}


@pytest.mark.parametrize("name", PARKED_ON)
def test_nobody_keeps_a_server_from_parking_the_arm_but_in_an_emergency(
    motion: Motion, clock: HandClock, name: str
) -> None:
    motion.follow(TARGET)
    motion.park("shutting down", 0.02)
    clock.now += 10.0
    PARKED_ON[name](motion)
    rest = motion.order.target
    assert mode(motion) is Mode.RESTING and rest is not None and rest.gripper == 0.02
    with pytest.raises(Refusal, match="start the server again"):
        motion.follow(TARGET)
    motion.stop("emergency stop by bystander", emergency=True)
    motion.park("shutting down", 0.02)
    motion.rearm("by who held the lease, while the server leaves")
    assert mode(motion) is Mode.STOPPED


def test_it_tells_when_it_lapses_next(motion: Motion, clock: HandClock) -> None:
    assert motion.lapses_in(0.3, 5.0) == 0.3
    motion.follow(TARGET)
    clock.now += 0.1
    assert motion.lapses_in(0.3, 5.0) == pytest.approx(0.2)
    clock.now += 4.8
    assert motion.lapses_in(0.3, 5.0) == 0.0
    motion.expire(0.3, 5.0)
    assert motion.lapses_in(0.3, 5.0) == pytest.approx(0.1)
    assert motion.lapses_in(0.3, None) == 0.3
    clock.now += 0.1 + 1e-9
    motion.expire(0.3, 5.0)
    assert motion.lapses_in(0.3, 5.0) == 0.3, "nothing lapses on the way to rest"


def speeds(
    soft: SoftStart, limiter: MotionLimiter, target: JointCommand, ticks: int
) -> list[float]:
    top = []
    for _ in range(ticks):
        limiter.step(soft.shorten(target, limiter.command.positions, 0.01), 0.01)
        top.append(float((np.abs(limiter.velocity) / MODEL.max_velocity).max()))
    return top


def test_a_soft_start_creeps_until_it_has_caught_up_then_ramps_up() -> None:
    soft, limiter = SoftStart(MODEL), MotionLimiter(MODEL)
    limiter.reset(MODEL.home, 0.03)
    first = speeds(soft, limiter, TARGET, 150)
    assert 0.15 < max(first) <= 0.2 + 1e-9
    np.testing.assert_allclose(limiter.command.positions, TARGET.positions, atol=1e-6)
    back = JointCommand(MODEL.home - 1.4, 0.03)
    assert max(speeds(soft, limiter, back, 150)) > 0.9


def test_a_soft_start_does_not_creep_for_ever_behind_a_moving_target() -> None:
    soft, limiter = SoftStart(MODEL), MotionLimiter(MODEL)
    limiter.reset(MODEL.lower, 0.03)
    far = JointCommand(MODEL.upper, 0.03)
    assert max(speeds(soft, limiter, far, 200)) <= 0.2 + 1e-9
    assert max(speeds(soft, limiter, far, 60)) > 0.5


def test_a_soft_start_begins_anew_when_told() -> None:
    soft, limiter = SoftStart(MODEL), MotionLimiter(MODEL)
    speeds(soft, limiter, TARGET, 300)
    soft.reset()
    limiter.reset(MODEL.home, 0.03)
    assert max(speeds(soft, limiter, TARGET, 50)) <= 0.2 + 1e-9
