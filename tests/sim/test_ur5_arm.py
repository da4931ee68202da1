import numpy as np
import pytest

from robot.command import JointCommand
from robot.model import load_arm
from sim.bullet import pybullet
from sim.depth_env import APPROACH
from sim.sim_arm import SimArm
from sim.world import FINE, GRIP, Pace, World

MODEL = load_arm("ur5")
PACES = pytest.mark.parametrize("pace", [FINE, GRIP, APPROACH], ids=["fine", "grip", "approach"])


@PACES
def test_it_goes_where_it_is_told_and_stands_still_there(pace: Pace) -> None:
    random = np.random.default_rng(0)
    with World() as world:
        world.set_pace(pace)
        with SimArm(world, MODEL) as arm:
            for _ in range(8):
                target = JointCommand(MODEL.home + random.uniform(-0.5, 0.5, 6), 0.03)
                for _ in range(20):
                    arm.command(target)
                    arm.step(12)
                np.testing.assert_allclose(arm.state().positions, target.positions, atol=2e-3)
                assert np.abs(arm.state().velocities).max() < 0.02


@PACES
def test_it_keeps_to_its_speeds_and_torques_when_thrown_about(pace: Pace) -> None:
    random = np.random.default_rng(1)
    with World() as world:
        world.set_pace(pace)
        with SimArm(world, MODEL) as arm:
            joints = [arm.index[name] for name in MODEL.joints]
            for _ in range(30):
                aim = random.uniform(MODEL.home - 1.5, MODEL.home + 1.5)
                for _ in range(6):
                    arm.command(JointCommand(aim, 0.03))
                    arm.step(12)
                    states = pybullet.getJointStates(arm.body, joints, world.client)
                    speeds = np.abs([state[1] for state in states])
                    torques = np.abs([state[3] for state in states])
                    assert (speeds <= 1.001 * MODEL.max_velocity).all()
                    assert (torques <= 1.001 * MODEL.effort).all()
