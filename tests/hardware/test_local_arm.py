"""The server's own arm is an arm like any other, whose right to move can be taken away."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from arm_contract import ArmContract
from rig import MODEL, away_from_home, eventually, forward, still

from hardware.control import Control
from hardware.counters import Counters
from hardware.emulation.ideal_joints import IdealJoints
from hardware.local_arm import LocalArm
from hardware.motion import Motion
from hardware.watchdog import Watchdog
from robot.arm import Arm
from robot.command import ArmState
from robot.errors import ArmError


class Cell:
    """What of a server is behind the desk: motion, control and watchdog."""

    def __init__(self) -> None:
        counters = Counters()
        self.driver, self.motion = IdealJoints(MODEL), Motion(MODEL.rest)
        self.control = Control(MODEL, self.driver, self.motion, counters=counters, rate_hz=100.0)
        self.watchdog = Watchdog(self.motion, counters, 0.3, None)

    def measured(self) -> ArmState:
        return self.control.snapshot.state

    def arm(self, patience_s: float | None = None) -> LocalArm:
        return LocalArm(MODEL, self.motion, self.measured, patience_s)


@pytest.fixture
def cell() -> Iterator[Cell]:
    with ExitStack() as stack:
        cell = Cell()
        cell.control.start()
        stack.callback(cell.control.close)
        cell.watchdog.start()
        stack.callback(cell.watchdog.close)
        yield cell


class TestLocalArm(ArmContract):
    @pytest.fixture
    def arm(self, cell: Cell) -> Arm:
        return cell.arm()


def moving(arm: LocalArm, cell: Cell) -> None:
    while away_from_home(cell.driver) < 0.03:
        arm.command(forward())
        time.sleep(0.02)


def test_a_revoked_arm_takes_no_command_and_cannot_be_connected_again(cell: Cell) -> None:
    arm = cell.arm()
    arm.connect()
    moving(arm, cell)
    arm.revoke("somebody else's turn")
    arm.revoke("a later cause")
    for refused in (lambda: arm.command(forward()), arm.state, arm.connect):
        with pytest.raises(ArmError, match="somebody else's turn"):
            refused()


def test_a_revoked_arm_leaves_the_next_ones_motion_alone(cell: Cell) -> None:
    first, second = cell.arm(), cell.arm()
    first.connect()
    first.revoke("over")
    second.connect()
    moving(second, cell)
    order = cell.motion.order
    first.stop()
    first.disconnect()
    assert cell.motion.order is order


def test_disconnecting_in_motion_holds(cell: Cell) -> None:
    arm = cell.arm()
    arm.connect()
    moving(arm, cell)
    arm.disconnect()
    time.sleep(0.2)
    assert still(cell.driver)
    assert cell.motion.order.cause == "the policy has ended"


def test_an_arm_that_nobody_watches_takes_no_more_commands(cell: Cell) -> None:
    arm = cell.arm(patience_s=0.2)
    arm.connect()
    for _ in range(8):
        arm.watched()
        arm.command(forward())
        time.sleep(0.05)
    time.sleep(0.2)
    with pytest.raises(ArmError, match="has not watched"):
        arm.command(forward())


def test_the_watchdog_holds_an_arm_whose_program_says_nothing(cell: Cell) -> None:
    arm = cell.arm()
    arm.connect()
    moving(arm, cell)
    assert eventually(lambda: "watchdog" in cell.motion.order.cause, 0.5)
    time.sleep(0.2)
    assert still(cell.driver)


def test_a_stopped_arm_says_who_stopped_it(cell: Cell) -> None:
    arm = cell.arm()
    arm.connect()
    cell.motion.stop("emergency stop by a bystander", emergency=True)
    with pytest.raises(ArmError, match="emergency stop by a bystander"):
        arm.command(forward())


def test_an_old_measurement_is_a_hanging_driver() -> None:
    then = ArmState(MODEL.home, np.zeros(MODEL.n), 0.03, time.monotonic() - 2.0)
    arm = LocalArm(MODEL, Motion(MODEL.rest), lambda: then)
    arm.connect()
    with pytest.raises(ArmError, match=r"last measured 2\.0 s ago"):
        arm.command(forward())
