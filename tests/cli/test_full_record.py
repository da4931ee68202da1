import numpy as np
import pytest
from recorded import recorded

from cli.main import main
from cli.replay import lay_block
from policies.demonstrations.inspection import inspect_episode
from policies.demonstrations.reader import DatasetReader
from robot.full_task import FullGraspTask
from robot.model import load_arm
from robot.pose import quarter_turn
from sim.grasp_scene import GraspScene

MODEL = load_arm("dofbot")


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> DatasetReader:
    return recorded(tmp_path_factory.mktemp("full") / "expert", "full", 3)


def test_full_grasps_are_recorded_with_where_the_block_is_and_how_turned(reader):
    assert reader.schema.environment == FullGraspTask.block_names
    episodes = list(reader)
    turns = {float(episode.environment[0, 3]) for episode in episodes}
    assert len(turns) == 3
    assert all(abs(turn) <= np.pi / 4 for turn in turns)
    for episode in episodes:
        assert episode.success
        assert episode.environment[-1, 2] > episode.environment[0, 2] + 0.05


def test_no_recorded_command_is_beyond_what_the_joints_can_follow(reader):
    for episode in reader:
        assert inspect_episode(episode, reader.schema.rate, MODEL.max_velocity).jumps == 0


def test_the_block_is_laid_for_a_replay_as_it_lay(reader):
    episode = reader.episode(1)
    with GraspScene(MODEL) as scene:
        lay_block(scene, reader.schema.environment, episode)
        block = scene.block()
    x, y, _, yaw = episode.environment[0]
    np.testing.assert_allclose(block.position[:2], (x, y), atol=1e-6)
    assert quarter_turn(block.yaw - yaw) == pytest.approx(0.0, abs=1e-6)


def test_the_grasp_is_the_experts_to_choose(tmp_path, capsys):
    asked = ["--grasp", "full", "--source", "dofbot-state", "--fast"]
    assert main(["record", str(tmp_path / "policy"), *asked]) == 2
    assert "--grasp is for the expert" in capsys.readouterr().err
