"""How soon an order that ends a motion reaches the servos, whatever is being measured."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from rig import MODEL, eventually, forward

from hardware.control import Control
from hardware.counters import Counters
from hardware.driver import never
from hardware.emulation.ideal_joints import IdealJoints
from hardware.motion import Mode, Motion
from hardware.watchdog import Watchdog
from robot.command import ArmState, JointCommand

EXCHANGE = 0.02  # [s] with each of six servos
SLACK = 0.03  # [s] on a busy machine


class SlowDriver(IdealJoints):
    """Takes its time to measure, like servos on a slow bus, and notes what it is told."""

    rate_hz = 5.0

    def __init__(self) -> None:
        super().__init__(MODEL)
        self.told: list[tuple[float, str]] = []

    def read(self, give_up: Callable[[], bool] = never) -> ArmState | None:
        for _ in range(MODEL.n + 1):
            if give_up():
                return None
            time.sleep(EXCHANGE)
        return self.measure()

    def write(self, command: JointCommand) -> JointCommand:
        self.told.append((time.monotonic(), "write"))
        return super().write(command)

    def hold(self) -> JointCommand:
        self.told.append((time.monotonic(), "hold"))
        return super().hold()

    def first_after(self, moment: float) -> tuple[float, str]:
        assert eventually(lambda: self.told[-1][0] > moment)
        return next(told for told in self.told if told[0] > moment)


@contextmanager
def controlled(driver: IdealJoints, motion: Motion) -> Iterator[Control]:
    control = Control(MODEL, driver, motion, counters=Counters(), rate_hz=driver.rate_hz)
    control.start()
    yield control
    control.close()


ENDINGS: dict[str, Callable[[Motion], object]] = {
    "stop": lambda motion: motion.stop("emergency", emergency=True),
    "lost client": lambda motion: motion.hold("lost its client"),
    "watchdog": lambda motion: motion.expire(0.1, None),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_ends_a_motion_waits_neither_for_the_period_nor_for_a_measurement(ending: str) -> None:
    driver, motion = SlowDriver(), Motion(MODEL.rest)
    delays = []
    with controlled(driver, motion):
        for moment in np.linspace(0.0, 0.2, 4):
            motion.rearm("again")
            motion.follow(forward())
            time.sleep(0.25 + moment)
            ordered = time.monotonic()
            ENDINGS[ending](motion)
            when, what = driver.first_after(ordered)
            assert what == "hold"
            delays.append(when - ordered)
    assert max(delays) < EXCHANGE + SLACK, "a whole measurement takes 0.12 s, a period 0.2 s"


def test_no_motion_is_written_after_the_order_changed_while_measuring() -> None:
    class Stopping(SlowDriver):
        stops = False

        def measure(self) -> ArmState:
            if self.stops:
                motion.stop("emergency", emergency=True)
                self.told.append((time.monotonic(), "stopped"))
                self.stops = False
            return super().measure()

    driver, motion = Stopping(), Motion(MODEL.rest)
    with controlled(driver, motion):
        motion.follow(forward())
        assert eventually(lambda: bool(driver.told))
        driver.stops = True
        assert eventually(lambda: "stopped" in [what for _, what in driver.told])
        time.sleep(0.3)
    told = [what for _, what in driver.told]
    assert "write" not in told[told.index("stopped") :]
    assert told[told.index("stopped") + 1] == "hold"


def test_after_a_stop_the_arm_goes_on_from_what_is_held_unless_it_was_pushed() -> None:
    class Sagging(IdealJoints):
        sag = 0.0

        def measure(self) -> ArmState:
            state = super().measure()
            return ArmState(state.positions - self.sag, state.velocities, 0.028, state.stamp)

        def hold(self) -> JointCommand:
            return JointCommand(super().hold().positions, 0.025)

    driver, motion = Sagging(MODEL), Motion(MODEL.rest)
    with controlled(driver, motion) as control:
        for sag, begins in ((0.03, 0.0), (0.3, -0.3)):
            driver.sag = sag
            motion.stop("emergency", emergency=True)
            time.sleep(0.05)
            motion.rearm("again")
            time.sleep(0.4)
            assert control.snapshot.order.mode is Mode.HOLDING
            setpoint = control.snapshot.setpoint
            np.testing.assert_allclose(setpoint.positions, MODEL.home + begins, atol=1e-6)
            assert setpoint.gripper == 0.025, "a grip is kept"


def test_the_watchdog_is_late_by_no_more_than_a_thread_takes_to_wake() -> None:
    motion, late = Motion(MODEL.rest), []
    watchdog = Watchdog(motion, Counters(), 0.03, None)
    watchdog.start()
    for moment in np.linspace(0.0, 0.03, 20):
        motion.urgent.clear()
        time.sleep(moment)
        commanded = time.monotonic()
        motion.follow(forward())
        assert motion.urgent.wait(1.0)
        late.append(time.monotonic() - commanded - 0.03)
    watchdog.close()
    assert min(late) >= 0.0, "never early"
    assert sorted(late)[10] < 0.003, "it does not poll"
