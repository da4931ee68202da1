from collections.abc import Iterator

import numpy as np
import pytest

from cli.arms import Cell
from cli.teleop_lead import TOO_MANY, Lead
from cli.teleop_run import TeleopRun
from cli.teleop_sources import Driver, keyboard
from hardware.errors import StaleCommandError
from robot.command import ArmState, JointCommand
from robot.errors import ArmError
from robot.kinematic_arm import KinematicArm
from robot.loop import ControlLoop
from robot.mirror import MirroredArm
from robot.model import load_arm
from sim.clock import SimClock

MODEL = load_arm("dofbot")


class Listener(KinematicArm):
    """An ideal arm that notes what it is told, and finds so many commands too late."""

    def __init__(self, clock: SimClock) -> None:
        super().__init__(MODEL, clock=clock)
        self.heard: list[JointCommand] = []
        self.late = self.connections = 0

    def connect(self) -> None:
        self.connections += 1
        super().connect()

    def command(self, command: JointCommand) -> JointCommand:
        if self.late:
            self.late -= 1
            raise StaleCommandError("too late")
        self.heard.append(command)
        return super().command(command)


class Desk:
    """A run in simulated time with its keys: ``keys[i]`` are pressed before period ``i``."""

    def __init__(self, keys: dict[int, str], driver: Driver | None = None) -> None:
        self.clock = SimClock()
        self.arm, self.twin = Listener(self.clock), Listener(self.clock)
        pair = MirroredArm(self.arm, self.twin)
        pair.connect()
        self.said: list[str] = []
        self.pressed, self.at = keys, -1
        self.driver = driver or keyboard(MODEL)
        self.going = TeleopRun(
            [Lead(Cell(pair, None, pair), self.driver.teleoperators[0])],
            self.driver,
            self.keys,
            self.said.append,
            lambda shot: None,
        )
        self.going.clock = self.clock
        self.going.loop = ControlLoop(30.0, clock=self.clock, sleep=self.clock.sleep)

    def keys(self) -> Iterator[str]:
        self.at += 1
        key = self.pressed.get(self.at)
        if key is not None:
            yield key

    def run(self, periods: int) -> None:
        self.going.run(periods / 30.0)


def test_a_driver_that_says_nothing_keeps_the_arm_commanded_to_one_place() -> None:
    desk = Desk({})
    desk.run(60)
    assert len(desk.arm.heard) == len(desk.twin.heard) == 60
    places = np.array([command.positions for command in desk.arm.heard])
    assert (places == places[0]).all()
    assert desk.said == ["holding: no key"]


def test_a_stop_is_latched_until_enter_and_both_arms_hear_of_it() -> None:
    desk = Desk({5: " ", 10: "q", 12: " ", 15: "m", 30: "\n"})
    desk.run(29)
    for arm in (desk.arm, desk.twin):
        assert len(arm.heard) == 5
        assert arm.state().faults == ("stopped",)
    assert desk.going.stopped and desk.said[-1] == "stopped: Enter releases it"
    desk.run(10)
    assert not desk.going.stopped
    assert desk.arm.connections == desk.twin.connections == 2
    assert len(desk.arm.heard) > 5 and desk.said[-1] == "holding: no key"


def test_enter_does_nothing_to_an_arm_that_was_not_stopped() -> None:
    desk = Desk({3: "\n"})
    desk.run(6)
    assert desk.arm.connections == 1 and len(desk.arm.heard) == 6


def test_a_stop_that_the_driver_asks_for_is_followed() -> None:
    class Panicking:
        status, stopped, clutch = "following", True, False

        def command(self, state: ArmState) -> JointCommand | None:
            return JointCommand(state.positions + 0.1, state.gripper)

        def __enter__(self) -> "Panicking":
            return self

        def __exit__(self, *error: object) -> None:
            pass

    desk = Desk({}, Driver((Panicking(),)))
    desk.run(5)
    assert desk.going.stopped and not desk.arm.heard


def test_the_clutch_holds_and_lets_go() -> None:
    desk = Desk({2: "m", 6: "m"})
    desk.run(5)
    assert desk.said[-1] == "clutch"
    desk.run(5)
    assert desk.said[-1] == "holding: no key"


def test_late_commands_are_forgiven_but_not_many_in_a_row() -> None:
    desk = Desk({})
    desk.arm.late = TOO_MANY - 1
    desk.run(20)
    desk.arm.late = TOO_MANY
    with pytest.raises(ArmError, match="too late"):
        desk.run(20)


def test_escape_ends_it_and_says_so() -> None:
    desk = Desk({4: "escape"})
    desk.run(20)
    assert desk.going.ended == "ended by Esc" and len(desk.arm.heard) == 4


class Steady:
    """Asks for one place as long as it is sure."""

    clutch = stopped = False
    status = "following"

    def __init__(self, positions: np.ndarray) -> None:
        self.positions: np.ndarray | None = positions

    def command(self, state: ArmState) -> JointCommand | None:
        self.status = "holding: arm out of sight" if self.positions is None else "following"
        return None if self.positions is None else JointCommand(self.positions, 0.03)

    def __enter__(self) -> "Steady":
        return self

    def __exit__(self, *error: object) -> None:
        pass


def test_of_two_arms_each_holds_on_its_own_doubt_and_space_stops_both() -> None:
    clock = SimClock()
    arms = Listener(clock), Listener(clock)
    drivers = Steady(MODEL.home + 0.1), Steady(MODEL.home - 0.1)
    leads = [
        Lead(Cell(arm, None, None), driver, side)
        for arm, driver, side in zip(arms, drivers, ("left", "right"), strict=True)
    ]
    said: list[str] = []
    pressed: list[str] = []
    going = TeleopRun(leads, Driver(drivers), lambda: pressed, said.append, lambda shot: None)
    going.clock = clock
    going.loop = ControlLoop(30.0, clock=clock, sleep=clock.sleep)
    for arm in arms:
        arm.connect()
    going.run(1.0)
    drivers[0].positions = None
    drivers[1].positions = MODEL.home - 0.2
    going.run(1.0)
    np.testing.assert_allclose(arms[0].heard[-1].positions, MODEL.home + 0.1)
    np.testing.assert_allclose(arms[1].heard[-1].positions, MODEL.home - 0.2)
    assert said == ["left arm: following", "right arm: following",
                    "left arm: holding: arm out of sight"]  # fmt: skip
    pressed.append(" ")
    going.run(0.1)
    assert all(arm.state().faults == ("stopped",) for arm in arms)
