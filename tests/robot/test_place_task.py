import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.command import ArmState
from robot.errors import RobotError
from robot.full_task import FullGraspTask
from robot.model import load_arm
from robot.place_task import PlaceTask, PlaceTaskConfig
from robot.pose import tool_pose
from robot.tool_task import Block

MODEL = load_arm("dofbot")
ZONE = MODEL.grasp
CONFIG = PlaceTaskConfig()
OPEN = MODEL.gripper.max_opening
STILL, CLOSE = np.zeros(5), np.array([0.0, 0.0, 0.0, 0.0, -1.0])


@pytest.fixture
def task() -> PlaceTask:
    return PlaceTask(MODEL)


def up(task: PlaceTask, above: float, gripper: float = OPEN) -> ArmState:
    """Return an arm whose tool is ``above`` the grasp height [m], in the middle of the area."""
    x, y = ZONE.area_centre
    z = task.grasp_height + above
    pose = tool_pose(x, y, z, ZONE.tilt(x, y, z), CONFIG.start_turn)
    return ArmState(MODEL.kinematics.inverse(pose, MODEL.home), np.zeros(MODEL.n), gripper, 0.0)


def test_a_policy_observes_the_full_grasp_and_then_the_target_from_the_tool(
    task: PlaceTask,
) -> None:
    x, y = ZONE.area_centre
    task.target = x - 0.01, y + 0.03
    full, state = FullGraspTask(MODEL), up(task, 0.02)
    task.reset(state)
    full.reset(state)
    block = Block(np.array([x, y - 0.02, task.block_height]), 0.2)
    seen = task.observation(state, block)
    np.testing.assert_array_equal(seen[:-2], full.observation(state, block))
    np.testing.assert_allclose(seen[-2:], [-0.2, 0.6], atol=1e-6)
    assert task.observation_names[-2:] == ("target_x", "target_y")
    np.testing.assert_array_equal(task.proprioception(state), seen[len(task.block_names) :])


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ((0.3, 0.0), r"target: x = 0\.300 m is out of reach; .* places from 0\.195 to 0\.245"),
        ((0.22, -0.2), r"target: y = -0\.200 m is out of reach"),
        ((math.nan, 0.0), "target: x = nan m is out of reach"),
    ],
)
def test_a_target_out_of_reach_is_named_with_what_is_in_reach(
    task: PlaceTask, target: tuple[float, float], words: str
) -> None:
    before = task.target
    with pytest.raises(RobotError, match=words):
        task.target = target
    assert task.target == before


def test_a_target_at_the_block_is_named_with_how_far_it_has_to_be(task: PlaceTask) -> None:
    with pytest.raises(RobotError, match=r"0\.020 m from the block: put it at least 0\.04 m away"):
        task.check_target((0.22, 0.02), block=(0.22, 0.0))
    task.check_target((0.22, 0.04), block=(0.22, 0.0))


def test_targets_apart_from_every_block_must_be_possible() -> None:
    with pytest.raises(RobotError, match=r"no target in a spawn area .* choose less for apart"):
        PlaceTask(MODEL, PlaceTaskConfig(apart=0.06))


@settings(max_examples=50)
@given(st.floats(0.195, 0.245), st.floats(-0.05, 0.05), st.integers(0, 2**32 - 1))
def test_a_drawn_target_is_in_reach_and_apart_from_the_block(x: float, y: float, seed: int) -> None:
    task = PlaceTask(MODEL)
    target = task.draw_target((x, y), np.random.default_rng(seed))
    task.check_target(target, (x, y))
    assert math.dist(target, (x, y)) >= CONFIG.apart - 1e-3


def test_the_policys_part_is_over_once_open_jaws_have_risen_from_what_they_held(
    task: PlaceTask,
) -> None:
    high, low = up(task, CONFIG.risen + 0.005), up(task, 0.0, 0.029)
    task.reset(high)
    task.command(STILL, high)
    assert not task.finished, "nothing was held yet"
    for _ in range(CONFIG.close_steps):
        task.command(CLOSE, low)
    task.command(CLOSE, up(task, CONFIG.risen + 0.005, 0.029))
    assert not task.finished, "it is still held"
    for _ in range(CONFIG.close_steps):
        task.command(-CLOSE, low)
    assert not task.finished, "the tool is low"
    task.command(-CLOSE, high)
    assert task.finished
    task.reset(high)
    assert not task.finished


def test_the_scene_of_a_task_is_told_by_name_with_its_target(task: PlaceTask) -> None:
    task.target = 0.2, 0.03
    told = task.scene_values(Block(np.array([0.21, -0.02, 0.003]), 0.1 + math.pi / 2))
    assert dict(zip(task.scene_names, told.tolist(), strict=True)) == pytest.approx(
        {"block_x": 0.21, "block_y": -0.02, "block_z": 0.003, "block_yaw": 0.1,
         "target_x": 0.2, "target_y": 0.03}
    )  # fmt: skip
