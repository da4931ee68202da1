import numpy as np
import pytest

from cli.carried import Carried
from robot.command import ArmState
from robot.full_task import FullGraspTask
from robot.model import load_arm
from robot.pose import jaw_yaw, tool_pose
from robot.tool_task import Block

MODEL = load_arm("dofbot")
CLOSING = np.array([0.0, 0.0, 0.0, 0.0, -1.0])
WIDE = 0.029
LYING = Block(np.array([0.23, 0.02, MODEL.table_height + 0.015]), 0.3)


@pytest.fixture
def task() -> FullGraspTask:
    return FullGraspTask(MODEL)


def at(task: FullGraspTask, block: Block, gripper: float) -> ArmState:
    """Return an arm whose tool is where it grasps ``block``."""
    x, y, z, yaw = task.grasp_pose(block)
    pose = tool_pose(x, y, z, MODEL.grasp.tilt(x, y, z), yaw)
    q = MODEL.kinematics.inverse(pose, MODEL.home)
    return ArmState(q, np.zeros(MODEL.n), gripper, 0.0)


def close(task: FullGraspTask, state: ArmState) -> None:
    for _ in range(task.config.travel_steps):
        task.command(CLOSING, state)


def test_a_block_lies_where_it_was_seen_until_jaws_hold_it(task):
    low = at(task, LYING, WIDE)
    carried = Carried(task)
    task.reset(low)
    assert carried.block(low, LYING) is LYING
    close(task, low)
    assert carried.taken
    np.testing.assert_allclose(carried.block(low, LYING).position, LYING.position, atol=1e-9)


def test_what_is_held_goes_with_the_tool_and_turns_with_it(task):
    low = at(task, LYING, WIDE)
    there = Block(LYING.position + np.array([-0.01, 0.02, 0.05]), LYING.yaw + 0.2)
    high = at(task, there, WIDE)
    carried = Carried(task)
    task.reset(low)
    close(task, low)
    carried.block(low, LYING)
    moved = carried.block(high, LYING)
    np.testing.assert_allclose(moved.position, there.position, atol=2e-3)
    turned = [jaw_yaw(MODEL.kinematics.forward(state.positions)) for state in (low, high)]
    assert moved.yaw - LYING.yaw == pytest.approx(turned[1] - turned[0])


def test_jaws_that_open_again_take_nothing_along(task):
    low = at(task, LYING, WIDE)
    carried = Carried(task)
    task.reset(low)
    close(task, low)
    carried.block(low, LYING)
    for _ in range(task.config.travel_steps):
        task.command(-CLOSING, low)
    assert not carried.taken
    assert carried.block(low, LYING) is LYING
