"""What an arm without jaws, one with sliding ones, and a UR5 have to do as the DOFBot does."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from arm_contract import ArmContract
from hand_clock import HandClock

from robot.arm import Arm
from robot.command import JointCommand
from robot.full_task import FullGraspTask
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm
from sim.expert import GraspExpert
from sim.full_expert import FullGraspExpert
from sim.grasp_env import GraspEnv
from sim.sim_arm import SimArm
from sim.world import TIMESTEP, World

KUKA, PANDA = load_arm("kuka"), load_arm("panda")


class SteppedContract(ArmContract):
    velocity_slack = 1.001
    name = ""

    @pytest.fixture
    def arm(self) -> Iterator[Arm]:
        with World() as world:
            yield SimArm(world, load_arm(self.name))

    def settle(self, arm: Arm, seconds: float) -> None:
        assert isinstance(arm, SimArm)
        arm.world.step(round(seconds / TIMESTEP))


class TestSimulatedKuka(SteppedContract):
    name = "kuka"


class TestSimulatedPanda(SteppedContract):
    name = "panda"


class TestSimulatedUr5(SteppedContract):
    name = "ur5"


class KinematicContract(ArmContract):
    joint_tolerance = gripper_tolerance = 1e-9
    velocity_slack = 1.0 + 1e-9
    name = ""

    @pytest.fixture
    def arm(self) -> Arm:
        self.clock = HandClock()
        return KinematicArm(load_arm(self.name), clock=self.clock)

    def settle(self, arm: Arm, seconds: float) -> None:
        self.clock.now += seconds


class TestKinematicKuka(KinematicContract):
    name = "kuka"


class TestKinematicPanda(KinematicContract):
    name = "panda"


class TestKinematicUr5(KinematicContract):
    name = "ur5"


def test_an_arm_without_jaws_has_an_opening_of_nothing_whatever_is_asked() -> None:
    with World() as world, SimArm(world, KUKA) as arm:
        applied = arm.command(JointCommand(KUKA.home, 0.03))
        world.step(24)
        assert applied.gripper == arm.state().gripper == 0.0


def test_sliding_fingers_keep_together_and_reach_every_opening() -> None:
    with World() as world, SimArm(world, PANDA) as arm:
        for opening in (0.0, 0.08, 0.03):
            for _ in range(45):
                arm.command(JointCommand(PANDA.home, opening))
                arm.step(12)
            left, right = (position_of(arm, f"panda_finger_joint{i}") for i in (1, 2))
            assert left == pytest.approx(right, abs=5e-4)
            assert left + right == pytest.approx(opening, abs=1e-3)


def test_fingers_close_no_faster_than_theirs_do() -> None:
    with World() as world, SimArm(world, PANDA) as arm:
        arm.command(JointCommand(PANDA.home, 0.0))
        before = arm.state().gripper
        arm.step(60)
        closed = before - arm.state().gripper
        assert 0.015 < closed <= 0.25 * PANDA.gripper.max_opening_velocity * 1.01


@pytest.mark.parametrize("name", ["kuka", "panda", "ur5"])
def test_an_arm_holds_still_under_its_own_weight(name: str) -> None:
    model = load_arm(name)
    with World() as world, SimArm(world, model) as arm:
        arm.step(240)
        np.testing.assert_allclose(arm.state().positions, model.home, atol=2e-3)


def position_of(arm: SimArm, joint: str) -> float:
    from sim.bullet import pybullet

    value: float = pybullet.getJointState(arm.body, arm.index[joint], arm.world.client)[0]
    return value


@pytest.mark.parametrize("randomization", ["off", "default"])
def test_an_arm_that_is_but_a_folder_grasps(randomization: str) -> None:
    with closing(GraspEnv("panda", randomization=randomization)) as env:
        expert = GraspExpert()
        assert all(grasped(env, expert.act, seed) for seed in (777000, 777001))


def test_an_arm_that_is_but_a_folder_does_the_full_task() -> None:
    with closing(GraspEnv("panda", task="full")) as env:
        assert isinstance(env.task, FullGraspTask)
        expert = FullGraspExpert(env.task)
        assert all(grasped(env, expert.act, seed) for seed in (777000, 777001))


def grasped(env: GraspEnv, act: Callable[[Any], Any], seed: int) -> bool:
    observation, _ = env.reset(seed=seed)
    over = False
    while not over:
        observation, _, terminated, truncated, info = env.step(act(observation))
        over = terminated or truncated
    return bool(info["is_success"])
