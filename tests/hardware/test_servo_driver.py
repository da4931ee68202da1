"""The driver of bus servos in motion: what it tells them, measures of them and spares them."""

import time
from contextlib import suppress
from itertools import count

import numpy as np
import pytest
from driven_arm import driven_arm, limp_arm
from rig import MODEL

from hardware.emulation.servo_errors import ServoErrors
from hardware.servos.boards import BOARDS
from hardware.servos.calibration import nominal
from hardware.servos.tracking import TOLERANCE
from robot.command import JointCommand
from robot.errors import ArmError

JOINT1, JOINT2 = np.eye(MODEL.n)[:2]
BENT = JointCommand(np.array([0.5, -0.4, 0.5, 0.4, 0.3]), 0.03)
FULL_SPEED = JointCommand(np.array([1.5, -1.0, 1.5, 1.0, 1.0]), 0.02)


@pytest.mark.parametrize("board", BOARDS)
def test_on_every_board_it_follows_and_breaks_no_rule(board: str) -> None:
    with driven_arm(board, seed=5) as arm:
        arm.move(BENT, 0.8)
        state = list(arm.stay(0.3))[-1]
        coarse = 1.5 / abs(nominal(MODEL, BOARDS[board]).servos[0].per_radian)
        np.testing.assert_allclose(state.positions, BENT.positions, atol=0.0035 + coarse)
        assert abs(state.gripper - BENT.gripper) < 0.001 and state.faults == ()
        writes = arm.board.monitor.writes()
        assert min(write.duration_s for write in writes) >= BOARDS[board].move_s - 1e-3
        assert len(writes) <= 1 + 0.8 * BOARDS[board].rate_hz + 2


def test_full_speed_is_no_tracking_error_and_is_measured() -> None:
    with driven_arm() as arm:
        fastest = 0.0
        arm.move(FULL_SPEED, 0.6)
        for state in arm.stay(0.2):
            fastest = max(fastest, float(np.abs(state.velocities).max()))
        assert 1.0 < fastest < 3.0


def test_commands_beyond_a_servos_window_end_at_its_edge() -> None:
    with driven_arm() as arm:
        arm.move(JointCommand(MODEL.upper + 0.2, 0.03), 1.1)
        targets = arm.board.monitor.writes()[-1].targets
        for servo, scale in enumerate(nominal(MODEL, BOARDS["ds"]).servos[:-1], start=1):
            assert scale.low <= targets[servo] <= scale.high


def test_a_leap_is_refused() -> None:
    with driven_arm() as arm:
        written = arm.board.monitor.writes_seen
        with pytest.raises(ArmError, match=r"refusing to move joint1 by 0\.70 rad"):
            arm.driver.write(JointCommand(MODEL.home + 0.7 * JOINT1, 0.06))
        assert arm.board.monitor.writes_seen == written


def test_small_steps_are_saved_up_and_the_last_one_always_arrives() -> None:
    with driven_arm() as arm:
        opening = arm.measure().gripper
        for step in range(1, 41):
            target = JointCommand(MODEL.home + step * 0.0007, opening)
            arm.driver.write(target)
            time.sleep(0.004)
        arm.driver.write(target)
        time.sleep(0.05)
        writes = arm.board.monitor.writes()[1:]
        assert 2 < len(writes) < 8, "40 steps of 0.04 deg"
        assert writes[-1].targets == nominal(MODEL, BOARDS["ds"]).counts(target, MODEL)
        arm.driver.write(target)
        time.sleep(0.02)
        assert arm.board.monitor.writes_seen == len(writes) + 1, "nothing new, nothing written"


def test_a_servo_that_fails_now_and_then_is_told_and_bridged_but_not_for_long() -> None:
    with driven_arm() as arm:
        before = arm.measure()
        arm.board.faults.missing = {3}
        for _ in range(2):
            state = arm.measure()
            assert len(state.faults) == 1 and "joint3: servo 3 gives no answer" in state.faults[0]
            assert state.positions[2] == before.positions[2]
        arm.board.faults.missing = set()
        assert arm.measure().faults == ()
        arm.board.faults.missing = {3}
        lost = time.monotonic()
        with pytest.raises(ArmError, match=r"joint3: servo 3 .*/dev/pts/.* its plug.*in a row"):
            list(arm.stay(1.0))
        assert 0.2 < time.monotonic() - lost < 0.6


def test_a_failed_reading_is_tried_once_more_in_the_same_measurement() -> None:
    with driven_arm() as arm:
        wrong = iter([700])
        arm.bus.reading = lambda servo, count: count + (next(wrong, 0) if servo == 2 else 0)
        state = arm.measure()
        assert state.faults == () and abs(state.positions[1]) < 0.01
        assert [call for call in arm.bus.calls if call == "read 2"] == ["read 2"] * 2


def test_a_jump_faster_than_any_servo_is_no_reading() -> None:
    with driven_arm() as arm:
        arm.bus.reading = lambda servo, count: count + (700 if servo == 2 else 0)
        state = arm.measure()
        assert "joint2 seems to have jumped by" in state.faults[0]
        assert abs(state.positions[1]) < 0.01 and abs(state.velocities[1]) < 0.5


def test_a_measurement_is_given_up_between_any_two_servos() -> None:
    with driven_arm() as arm:
        for asked in range(4):
            arm.bus.calls.clear()
            turns = count()
            assert arm.driver.read(lambda turns=turns, asked=asked: next(turns) >= asked) is None
            assert len(arm.bus.calls) == asked


def test_a_hold_measures_nothing_and_stops_where_the_arm_is() -> None:
    with driven_arm() as arm:
        arm.move(FULL_SPEED, 0.5)
        here = arm.measure().positions
        arm.bus.calls.clear()
        held = arm.driver.hold()
        assert arm.bus.calls == ["move"]
        np.testing.assert_allclose(held.positions[:3], here[:3], atol=1e-6)
        state = list(arm.stay(0.5))[-1]
        np.testing.assert_allclose(state.positions, held.positions, atol=0.01)


def test_a_hold_does_not_let_a_loaded_arm_sink() -> None:
    with driven_arm() as arm:
        for _ in range(3):
            arm.board.servos.push(1, 0.04)
            arm.measure()
            assert abs(arm.driver.hold().positions[1]) < 0.002
            arm.board.servos.push(1, 0.0)
            time.sleep(0.15)


def test_a_blocked_joint_stops_the_arm_and_is_named_without_being_leaned_on() -> None:
    with driven_arm() as arm:
        scale = nominal(MODEL, BOARDS["ds"]).servos[1]
        arm.board.servos.block(2, scale.count(-0.3))
        began = time.monotonic()
        with pytest.raises(ArmError, match=r"joint2 is not where it was sent .* re-arm"):
            arm.move(JointCommand(-1.2 * JOINT2, 0.05), 3.0)
        assert time.monotonic() - began < 1.5
        assert max(write.ahead for write in arm.board.monitor.writes()) < 0.55
        arm.driver.hold()
        assert list(arm.stay(0.6))[-1].faults == ()
        assert arm.board.servos.torque


def test_an_arm_that_lost_its_torque_is_told_to_need_a_restart() -> None:
    with limp_arm() as arm:
        arm.driver.open()
        arm.move(BENT, 0.3)
        arm.board.brown_out(silent_s=0.1)
        with pytest.raises(ArmError, match=r"joint\d is not where .* limp, restart the server"):
            arm.move(FULL_SPEED, 3.0)


def test_a_joint_that_stays_stalled_under_a_hold_ends_all_torque() -> None:
    with driven_arm() as arm:
        arm.driver.hold()
        arm.board.servos.push(1, 0.3)
        states = list(arm.stay(2.8))
        early, late = states[len(states) // 2], states[-1]
        assert "joint2 is not where" in early.faults[-1] and "restart the server" in late.faults[-1]
        assert not arm.board.servos.torque
        arm.bus.calls.clear()
        np.testing.assert_allclose(arm.driver.hold().positions, arm.measure().positions, atol=1e-9)
        with pytest.raises(ArmError, match="torque is off since joint2 stayed stalled"):
            arm.driver.write(JointCommand(MODEL.home, 0.05))
        assert "move" not in arm.bus.calls, "a hold does not fight"


def test_a_stalled_joint_ends_all_torque_though_another_servo_is_lost() -> None:
    with driven_arm(errors=ServoErrors(stall_s=30.0)) as arm:
        arm.driver.hold()
        arm.board.servos.push(1, 0.3)
        arm.board.faults.missing = {5}
        end = time.monotonic() + 30.0
        while time.monotonic() < end and "torque off" not in arm.bus.calls:
            with suppress(ArmError):
                arm.measure()
        time.sleep(0.05)
        assert "torque off" in arm.bus.calls and not arm.board.servos.torque


def test_the_jaws_squeeze_what_they_meet_no_more_than_is_good_for_their_servo() -> None:
    with driven_arm(errors=ServoErrors(stall_s=1.2)) as arm:
        gripper = MODEL.gripper
        crank = nominal(MODEL, BOARDS["ds"]).servos[-1]
        arm.board.servos.block(6, crank.count(gripper.actuator(0.03)))
        arm.move(JointCommand(MODEL.home, 0.002), 1.4)
        assert abs(arm.measure().gripper - 0.03) < 0.002
        told = gripper.opening(crank.angle(arm.board.monitor.writes()[-1].targets[6]))
        assert 0.03 - gripper.squeeze - 0.001 < told < 0.03, "a firm grip"
        assert arm.board.servos.overloaded == frozenset(), "as it would be when stalled for 1.2 s"
        held = arm.driver.hold()
        assert held.gripper == pytest.approx(told, abs=5e-4), "a stop does not let go"
        assert arm.move(JointCommand(MODEL.home, 0.05), 0.4).gripper > 0.032, (
            "opening works at once"
        )


def test_it_goes_limp_at_rest_and_nowhere_else() -> None:
    with limp_arm(pose=MODEL.rest + 0.1) as arm:
        arm.driver.open()
        arm.driver.close()
        time.sleep(0.02)
        assert not arm.board.servos.torque
    with limp_arm(pose=MODEL.rest + 0.2 * JOINT2) as arm:
        arm.driver.open()
        arm.driver.close()
        arm.driver.close()
        assert arm.bus.calls[-1] == "close" and "torque off" not in arm.bus.calls
        assert arm.board.servos.torque


def test_a_port_that_is_gone_is_told_at_once() -> None:
    with limp_arm() as arm:
        arm.driver.open()
        arm.board.__exit__(None, None, None)
        with pytest.raises(ArmError, match="is gone: plug the cable in"):
            arm.measure()


def test_lag_is_not_astray_however_long() -> None:
    with driven_arm(errors=ServoErrors(latency_s=0.15)) as arm:
        arm.move(FULL_SPEED, 1.5)
        assert np.abs(arm.measure().positions - FULL_SPEED.positions).max() < TOLERANCE
