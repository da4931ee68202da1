import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from arm_contract import ArmContract
from hand_clock import HandClock

from robot.arm import Arm
from robot.command import JointCommand
from robot.errors import ArmError, ModelError
from robot.kinematic_arm import KinematicArm
from robot.limits import SafetyLimits
from robot.mirror import MirroredArm
from robot.model import load_arm

MODEL = load_arm("dofbot")
OPEN = MODEL.gripper.max_opening
PERIOD = 0.05


class LostArm(KinematicArm):
    """An arm whose link breaks at the third command."""

    sent = 0

    def command(self, command: JointCommand) -> JointCommand:
        self.sent += 1
        if self.sent == 3:
            raise ArmError("the link broke")
        return super().command(command)


class UnreachableArm(KinematicArm):
    """An arm that nobody answers for."""

    def connect(self) -> None:
        raise ArmError("nobody answers")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def pair(clock: HandClock) -> tuple[KinematicArm, KinematicArm]:
    return KinematicArm(MODEL, clock=clock), KinematicArm(MODEL, clock=clock)


class TestMirroredArm(ArmContract):
    joint_tolerance = 1e-9
    velocity_slack = 1.0 + 1e-9

    @pytest.fixture
    def arm(self, clock: HandClock, pair: tuple[Arm, Arm]) -> Iterator[Arm]:
        self.clock = clock
        yield MirroredArm(*pair)

    def settle(self, arm: Arm, seconds: float) -> None:
        self.clock.now += seconds


def test_the_twin_gets_the_command_as_the_primary_applied_it(clock: HandClock) -> None:
    careful = SafetyLimits(MODEL, first_jump=0.1)
    primary = KinematicArm(MODEL, limits=careful, clock=clock)
    with MirroredArm(primary, KinematicArm(MODEL, clock=clock)) as arm:
        applied = arm.command(JointCommand(MODEL.home + 0.5, OPEN))
        clock.now += 5.0
        np.testing.assert_allclose(applied.positions, MODEL.home + 0.1)
        np.testing.assert_allclose(arm.twin.state().positions, applied.positions)


@pytest.mark.parametrize("which", [0, 1])
def test_stop_and_disconnect_reach_both_arms(pair: tuple[Arm, Arm], which: int) -> None:
    arm = MirroredArm(*pair)
    arm.connect()
    arm.stop()
    with pytest.raises(ArmError, match="was stopped"):
        pair[which].command(JointCommand(MODEL.home, OPEN))
    arm.disconnect()
    with pytest.raises(ArmError, match="not connected"):
        pair[which].state()


def test_arms_that_move_as_one_do_not_diverge(clock: HandClock, pair: tuple[Arm, Arm]) -> None:
    with MirroredArm(*pair) as arm:
        for _ in range(10):
            arm.command(JointCommand(MODEL.home + 0.5, 0.02))
            clock.now += PERIOD
            arm.divergence()
        assert arm.summary().count == 10
        assert arm.summary().joint_max == arm.summary().tool_max == 0.0


def test_divergence_is_primary_minus_twin(clock: HandClock) -> None:
    ahead = np.array([0.1, 0.0, 0.0, 0.0, -0.2])
    primary = KinematicArm(MODEL, positions=MODEL.home + ahead, clock=clock)
    with MirroredArm(primary, KinematicArm(MODEL, clock=clock)) as arm:
        clock.now = 7.0
        measured = arm.divergence()
        np.testing.assert_allclose(measured.joints, ahead)
        assert measured.stamp == 7.0
        assert measured.gripper == 0.0
        between = [MODEL.kinematics.forward(a.state().positions) for a in (primary, arm.twin)]
        apart = np.linalg.norm(between[0][:3, 3] - between[1][:3, 3])
        assert measured.tool == pytest.approx(apart)


def test_the_summary_is_over_everything_measured(clock: HandClock) -> None:
    primary = KinematicArm(MODEL, positions=np.array([0.4, 0.0, 0.0, 0.0, 0.0]), clock=clock)
    with MirroredArm(primary, KinematicArm(MODEL, clock=clock)) as arm:
        arm.divergence()
        arm.command(JointCommand(MODEL.home, OPEN))
        clock.now += 5.0
        arm.divergence()
        summary = arm.summary()
    assert summary.count == len(arm.log) == 2
    assert summary.joint_max == pytest.approx(0.4)
    assert summary.joint_rms == pytest.approx(np.sqrt(0.4**2 / 10))
    assert summary.tool_max == pytest.approx(arm.log[0].tool)
    assert summary.tool_rms == pytest.approx(arm.log[0].tool / np.sqrt(2))
    assert str(summary).startswith("2 measurements: joints 7.25 deg rms, 22.92 max; tool")


def test_nothing_measured_is_summed_up_as_zero(pair: tuple[Arm, Arm]) -> None:
    assert MirroredArm(*pair).summary().count == 0


def test_a_failing_twin_stops_the_primary_and_is_reported(clock: HandClock) -> None:
    primary, twin = KinematicArm(MODEL, clock=clock), LostArm(MODEL, clock=clock)
    target = JointCommand(MODEL.home + 0.5, OPEN)
    with MirroredArm(primary, twin) as arm:
        for _ in range(2):
            arm.command(target)
            clock.now += PERIOD
        with pytest.raises(ArmError, match=r"twin failed.*the link broke"):
            arm.command(target)
        clock.now += 5.0
        assert np.abs(primary.state().positions - target.positions).max() > 0.1
        with pytest.raises(ArmError, match="was stopped"):
            primary.command(target)


def test_a_refused_command_does_not_reach_the_twin(pair: tuple[Arm, Arm]) -> None:
    with MirroredArm(*pair) as arm, pytest.raises(ArmError):
        arm.command(JointCommand(np.full(5, np.nan), 0.0))
    with pair[1]:
        np.testing.assert_array_equal(pair[1].state().positions, MODEL.home)


def test_both_arms_connect_or_neither(clock: HandClock) -> None:
    primary = KinematicArm(MODEL, clock=clock)
    with pytest.raises(ArmError, match="nobody answers"):
        MirroredArm(primary, UnreachableArm(MODEL, clock=clock)).connect()
    with pytest.raises(ArmError, match="not connected"):
        primary.state()


@pytest.mark.parametrize(
    "change", [{"name": "other"}, {"joints": MODEL.joints[::-1]}, {"upper": MODEL.upper + 1.0}]
)
def test_arms_of_different_models_are_not_mirrored(change: dict[str, object]) -> None:
    other = dataclasses.replace(MODEL, title="Another arm", **change)
    with pytest.raises(ModelError, match=r"Yahboom DOFBot.*Another arm"):
        MirroredArm(KinematicArm(MODEL), KinematicArm(other))
