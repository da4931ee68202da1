from collections.abc import Iterator

import numpy as np
import pytest
from arm_contract import ArmContract
from hand_clock import HandClock

from robot.arm import Arm
from robot.command import JointCommand
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm

MODEL = load_arm("dofbot")


class TestKinematicArm(ArmContract):
    joint_tolerance = 1e-9
    gripper_tolerance = 1e-9
    velocity_slack = 1.0 + 1e-9

    @pytest.fixture
    def clock(self) -> HandClock:
        return HandClock()

    @pytest.fixture
    def arm(self, clock: HandClock) -> Iterator[Arm]:
        self.clock = clock
        yield KinematicArm(MODEL, clock=clock)

    def settle(self, arm: Arm, seconds: float) -> None:
        self.clock.now += seconds

    def test_has_the_safety_limits_on_by_default(self, arm: Arm) -> None:
        with arm:
            into_the_table = JointCommand(np.array([0.0, 1.5, 1.5, 1.0, 0.0]), 0.03)
            self.drive(arm, into_the_table, seconds=8.0)
            depths = MODEL.keep_out.depths(MODEL.kinematics.points(arm.state().positions))
            assert depths == pytest.approx((0.0, 0.0), abs=1e-6)

    def test_is_where_one_long_look_or_many_short_ones_find_it(self, clock: HandClock) -> None:
        asked = JointCommand(MODEL.home + 0.4, 0.03)
        patient, restless = (KinematicArm(MODEL, clock=clock) for _ in range(2))
        with patient, restless:
            patient.command(asked)
            restless.command(asked)
            for _ in range(30):
                clock.now += 0.01
                restless.state()
            np.testing.assert_allclose(
                patient.state().positions, restless.state().positions, atol=1e-12
            )

    def test_says_that_it_was_stopped(self, arm: Arm) -> None:
        with arm:
            arm.stop()
            assert arm.state().faults == ("stopped",)

    def test_starts_where_it_is_put(self, clock: HandClock) -> None:
        with KinematicArm(MODEL, positions=MODEL.rest, clock=clock) as arm:
            np.testing.assert_array_equal(arm.state().positions, MODEL.rest)

    def test_brakes_when_it_is_let_go_of_in_motion(self, clock: HandClock) -> None:
        arm = KinematicArm(MODEL, clock=clock)
        arm.connect()
        arm.command(JointCommand(MODEL.home + 0.5, 0.03))
        clock.now += 0.1
        arm.disconnect()
        clock.now += 5.0
        with arm:
            moved = arm.state().positions - MODEL.home
            assert (moved > 0.05).all() and (moved < 0.3).all()
