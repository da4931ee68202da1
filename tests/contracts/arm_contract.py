"""What every Arm must pass; subclass ``ArmContract`` beside the arm's own tests."""

import time

import numpy as np
import pytest

from robot.arm import Arm
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError

PERIOD = 0.05  # [s] between commands while driving


class ArmContract:
    """Give a fixture ``arm``: unconnected, at rest, free to move every joint up by 0.5 rad.

    Override ``settle`` where time is not the wall clock, and the tolerances where servos are
    not ideal.
    """

    joint_tolerance = 0.02  # [rad] from the command once settled
    gripper_tolerance = 0.003  # [m]
    velocity_slack = 1.05  # measured over allowed speed

    def settle(self, arm: Arm, seconds: float) -> None:
        """Let ``seconds`` pass for ``arm``."""
        time.sleep(seconds)

    def drive(self, arm: Arm, command: JointCommand, seconds: float = 2.0) -> list[ArmState]:
        """Repeat ``command`` as a control loop does and return the states on the way."""
        states = []
        for _ in range(round(seconds / PERIOD)):
            arm.command(command)
            self.settle(arm, PERIOD)
            states.append(arm.state())
        return states

    def nearby(self, arm: Arm, step: float = 0.2) -> JointCommand:
        """Return a command ``step`` [rad] away on every joint, jaws half open."""
        gripper = arm.model.gripper
        half = 0.5 * (gripper.min_opening + gripper.max_opening)
        return JointCommand(arm.state().positions + step, half)

    def assert_at(self, arm: Arm, positions: Vector) -> None:
        np.testing.assert_allclose(arm.state().positions, positions, atol=self.joint_tolerance)

    def test_it_is_an_arm(self, arm: Arm) -> None:
        assert isinstance(arm, Arm)

    def test_context_manager_connects_and_disconnects(self, arm: Arm) -> None:
        with arm as entered:
            assert entered is arm
            arm.state()
        with pytest.raises(ArmError):
            arm.state()

    def test_context_manager_disconnects_after_an_error(self, arm: Arm) -> None:
        with pytest.raises(KeyError), arm:
            raise KeyError
        with pytest.raises(ArmError):
            arm.state()

    def test_not_connected_refuses_commands(self, arm: Arm) -> None:
        model = arm.model
        with pytest.raises(ArmError):
            arm.command(JointCommand(model.home, model.gripper.max_opening))

    def test_disconnecting_twice_is_safe(self, arm: Arm) -> None:
        arm.connect()
        arm.disconnect()
        arm.disconnect()

    def test_connecting_does_not_move_the_arm(self, arm: Arm) -> None:
        with arm:
            before = arm.state().positions
            self.settle(arm, 0.5)
            self.assert_at(arm, before)

    def test_connecting_anew_some_time_after_a_stop_does_not_move_the_arm(self, arm: Arm) -> None:
        with arm:
            self.drive(arm, self.nearby(arm), seconds=0.5)
            arm.stop()
            self.settle(arm, 1.0)
        with arm:
            before = arm.state().positions
            self.settle(arm, 0.5)
            self.assert_at(arm, before)

    def test_state_is_complete_and_read_only(self, arm: Arm) -> None:
        with arm:
            state = arm.state()
            assert state.positions.shape == state.velocities.shape == (arm.model.n,)
            assert np.isfinite(state.positions).all() and np.isfinite(state.gripper)
            with pytest.raises(ValueError, match="read-only"):
                state.positions[0] = 1.0
            with pytest.raises(ValueError, match="read-only"):
                state.velocities[0] = 1.0

    def test_stamp_goes_forward(self, arm: Arm) -> None:
        with arm:
            first = arm.state().stamp
            self.settle(arm, 0.2)
            assert arm.state().stamp > first

    def test_reaches_the_commanded_pose(self, arm: Arm) -> None:
        with arm:
            target = self.nearby(arm)
            self.drive(arm, target)
            self.assert_at(arm, target.positions)
            assert abs(arm.state().gripper - target.gripper) <= self.gripper_tolerance

    def test_follows_a_new_target_before_the_old_one_is_reached(self, arm: Arm) -> None:
        with arm:
            start, target = arm.state().positions, self.nearby(arm)
            self.drive(arm, target, seconds=0.15)
            self.drive(arm, JointCommand(start, target.gripper))
            self.assert_at(arm, start)

    def test_returns_a_harmless_command_as_it_was_given(self, arm: Arm) -> None:
        with arm:
            asked = self.nearby(arm)
            applied = arm.command(asked)
            np.testing.assert_allclose(applied.positions, asked.positions, atol=1e-6)
            assert applied.gripper == pytest.approx(asked.gripper, abs=1e-6)

    def test_returns_what_the_limits_left_of_a_command(self, arm: Arm) -> None:
        with arm:
            model = arm.model
            applied = arm.command(JointCommand(model.upper + 1.0, 1.0))
            assert (applied.positions <= model.upper).all()
            assert (applied.positions >= model.lower).all()
            assert applied.gripper <= model.gripper.max_opening + 1e-9

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_refuses_a_position_that_is_not_finite_and_stays(self, arm: Arm, bad: float) -> None:
        with arm:
            before = arm.state()
            positions = np.array(before.positions)
            positions[-1] = bad
            with pytest.raises(ArmError):
                arm.command(JointCommand(positions, before.gripper))
            self.settle(arm, 0.3)
            self.assert_at(arm, before.positions)

    def test_refuses_a_gripper_that_is_not_finite(self, arm: Arm) -> None:
        with arm, pytest.raises(ArmError):
            arm.command(JointCommand(arm.state().positions, np.nan))

    def test_refuses_a_wrong_number_of_joints_and_stays(self, arm: Arm) -> None:
        with arm:
            before = arm.state()
            for positions in (before.positions[:-1], np.append(before.positions, 0.0)):
                with pytest.raises(ArmError):
                    arm.command(JointCommand(positions, before.gripper))
            self.settle(arm, 0.3)
            self.assert_at(arm, before.positions)

    def test_still_obeys_after_a_refused_command(self, arm: Arm) -> None:
        with arm:
            target = self.nearby(arm)
            with pytest.raises(ArmError):
                arm.command(JointCommand(np.full(arm.model.n, np.nan), 0.0))
            self.drive(arm, target)
            self.assert_at(arm, target.positions)

    def test_stop_in_motion_holds_and_latches(self, arm: Arm) -> None:
        with arm:
            start, target = arm.state().positions, self.nearby(arm, step=0.5)
            self.drive(arm, target, seconds=0.15)
            arm.stop()
            with pytest.raises(ArmError):
                arm.command(target)
            self.settle(arm, 0.6)
            held = arm.state().positions
            self.settle(arm, 0.3)
            self.assert_at(arm, held)
            assert np.abs(held - target.positions).max() > self.joint_tolerance, "did not stop"
            assert np.abs(held - start).max() > self.joint_tolerance, "never moved"

    def test_moves_again_once_connected_anew_after_a_stop(self, arm: Arm) -> None:
        with arm:
            arm.stop()
        with arm:
            target = self.nearby(arm)
            self.drive(arm, target)
            self.assert_at(arm, target.positions)

    def test_velocities_stay_within_limits(self, arm: Arm) -> None:
        with arm:
            target = self.nearby(arm, step=0.5)
            states = self.drive(arm, target, seconds=1.0)
            speeds = np.abs([state.velocities for state in states])
            assert (speeds <= self.velocity_slack * arm.model.max_velocity).all()
            assert speeds.max() > 0.1, "no velocity was measured on the way"
