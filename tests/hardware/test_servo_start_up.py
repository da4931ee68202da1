"""Taking over an arm: in the one safe order, or not at all."""

from threading import Timer

import numpy as np
import pytest
from driven_arm import limp_arm
from rig import MODEL

from hardware.emulation.faults import Fault
from hardware.servos.boards import BOARDS
from hardware.servos.bus import PortError
from robot.errors import ArmError

SERVOS = range(1, MODEL.n + 2)
BENT = MODEL.home + 0.3


def test_it_asks_reads_writes_what_it_read_and_only_then_gives_torque() -> None:
    with limp_arm(pose=BENT) as arm:
        arm.driver.open()
        steps = list(dict.fromkeys(call.split()[0] for call in arm.bus.calls))
        assert steps == ["open", "ping", "read", "move", "torque"]
        torque = arm.bus.calls.index("torque on")
        assert {f"ping {servo}" for servo in SERVOS} <= set(arm.bus.calls[:torque])
        assert {f"read {servo}" for servo in SERVOS} <= set(arm.bus.calls[torque:])
        (write,) = arm.board.monitor.writes()
        assert write.targets == arm.board.servos.measured() and write.duration_s >= 1.0
        assert arm.board.servos.torque and arm.board.monitor.breaches == ()
        np.testing.assert_allclose(arm.measure().positions, BENT, atol=2e-3)


@pytest.mark.parametrize("board", BOARDS)
def test_every_board_is_taken_over_without_a_motion(board: str) -> None:
    with limp_arm(board, pose=BENT, seed=3) as arm:
        before = arm.board.servos.true_positions
        arm.driver.open()
        np.testing.assert_allclose(arm.board.servos.true_positions, before, atol=1e-3)
        assert arm.driver.rate_hz == BOARDS[board].rate_hz
        assert arm.board.servos.torque and arm.board.monitor.breaches == ()


def refused(arm, said: str) -> None:
    """Check that opening is refused, and that nothing was done to the servos."""
    with pytest.raises(ArmError, match=said):
        arm.driver.open()
    assert arm.board.monitor.writes_seen == 0 and not arm.board.servos.torque
    assert arm.bus.calls[-1] == "close"


def test_a_joint_out_of_its_range_is_to_be_moved_by_hand_first() -> None:
    with limp_arm() as arm:
        arm.board.servos.hand([0.0, -1.9, 0.0, 0.0, 0.0])
        refused(arm, r"joint2 stands at -109 deg \(servo 2 says \d+\).*joint2 by hand")
        arm.board.servos.hand([0.0, -1.65, 0.0, 0.0, 0.0])
        arm.driver.open()
        held = arm.driver.hold()
        arm.driver.write(held)
        arm.driver.write(held)
        assert list(arm.stay(0.3))[-1].positions[1] == pytest.approx(-1.65, abs=2e-3)
        assert arm.board.monitor.breaches == ()


def test_a_missing_servo_is_named() -> None:
    with limp_arm() as arm:
        arm.board.faults.missing = {4}
        refused(arm, "joint4: servo 4 gives no answer")


def test_a_joint_that_somebody_moves_is_not_taken_over() -> None:
    with limp_arm() as arm:
        arm.bus.reading = lambda servo, count: count + (len(arm.bus.calls) if servo == 3 else 0) * 9
        refused(arm, "joint3 moves .* let go of it")


def test_absurd_readings_after_power_up_are_waited_out() -> None:
    with limp_arm(pose=BENT) as arm:
        arm.board.faults.on = {Fault.ABSURD}
        Timer(0.15, arm.board.faults.on.clear).start()
        arm.driver.open()
        np.testing.assert_allclose(arm.measure().positions, BENT, atol=2e-3)


def test_one_plausible_but_wrong_reading_becomes_no_target() -> None:
    with limp_arm(pose=BENT) as arm:
        wrong = iter([300])
        arm.bus.reading = lambda servo, count: count + (next(wrong, 0) if servo == 2 else 0)
        arm.driver.open()
        (write,) = arm.board.monitor.writes()
        assert write.targets == arm.board.servos.measured()


def test_an_arm_that_moves_as_it_gets_torque_is_left_holding_and_told() -> None:
    with limp_arm() as arm:
        arm.bus.after_torque = Timer(0.05, arm.board.servos.push, (1, 0.2)).start
        with pytest.raises(ArmError, match=r"joint2 moved by \+11 deg"):
            arm.driver.open()
        assert arm.board.servos.torque, "not dropped"
        assert arm.bus.calls[-1] == "close"


def test_two_drivers_do_not_share_a_port() -> None:
    with limp_arm() as arm:
        arm.driver.open()
        other = arm.board.bus()
        with pytest.raises(PortError, match="in use"):
            other.open()
        arm.measure()
