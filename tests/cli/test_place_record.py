from contextlib import closing

import numpy as np
import pytest
from recorded import recorded

from cli.demo_replay import DemoReplay
from cli.main import main
from cli.places import done_in, draw_spot
from cli.presets import GRASP, preset
from cli.replay import lay_block
from cli.stage import open_stage
from cli.train import defaults
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.inspection import inspect_episode
from policies.demonstrations.reader import DatasetReader
from robot.full_task import FullGraspTask
from robot.model import load_arm
from robot.place_task import PlaceTask
from robot.task import GraspTask
from sim.grasp_scene import GraspScene

MODEL = load_arm("dofbot")
TASK = PlaceTask(MODEL)
REMOTE = ["--arm", "tcp://127.0.0.1:9", "--insecure-loopback"]


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> DatasetReader:
    return recorded(tmp_path_factory.mktemp("place") / "expert", "place", 3)


def test_placing_is_recorded_with_its_target_and_ends_there(reader):
    assert reader.schema.environment == TASK.scene_names
    targets = set()
    for episode in reader:
        x, y, *_, to_x, to_y = episode.environment[-1]
        assert episode.success
        assert np.hypot(to_x - x, to_y - y) <= TASK.config.near_target
        assert episode.environment[:, 2].max() > episode.environment[0, 2] + 0.02
        assert inspect_episode(episode, reader.schema.rate, MODEL.max_velocity).jumps == 0
        targets.add((to_x, to_y))
    assert len(targets) == 3


def test_it_is_replayed_with_the_target_where_it_was(reader):
    config = preset(GRASP, task="place")
    config.env_kwargs["randomization"] = "off"
    replayed = []
    found = DemoReplay(reader, config).trajectories(None, False, replayed.append)
    assert len(found) >= 2, [one.fault for one in replayed]
    for trajectory, one in zip(found, (one for one in replayed if not one.fault), strict=True):
        episode = reader.episode(one.index)
        seen = trajectory.observations[0]
        way = (seen[-2:] - seen[:2]) * TASK.length_scale
        laid = episode.environment[0]
        np.testing.assert_allclose(way, laid[-2:] - laid[:2], atol=1e-4)
        assert trajectory.terminated


def test_demonstrations_that_know_no_target_do_not_tell_how_to_place(tmp_path):
    grasped = recorded(tmp_path / "full", "full", 1)
    with pytest.raises(DemonstrationError, match=r"where the block was to be put .*--grasp place"):
        DemoReplay(grasped, preset(GRASP, task="place"))


def test_people_see_the_target_of_what_is_replayed(reader):
    episode = reader.episode(0)
    with GraspScene(MODEL) as scene:
        lay_block(scene, reader.schema.environment, episode)
        *place, radius = scene.marked
        np.testing.assert_allclose(place, episode.environment[0, -2:])
        assert radius == TASK.config.near_target
        x, y, _, yaw = episode.environment[0, :4]
        np.testing.assert_allclose(scene.block().position[:2], (x, y), atol=1e-6)
        assert scene.block().yaw == pytest.approx(yaw, abs=1e-6)


def test_a_said_block_gets_a_target_apart_from_it():
    random = np.random.default_rng(0)
    for _ in range(20):
        x, y, yaw, *target = draw_spot(TASK, random, (0.22, 0.0))
        assert (x, y, yaw) == (0.22, 0.0, 0.0)
        TASK.check_target(tuple(target), (x, y))
    assert draw_spot(FullGraspTask(MODEL), random, (0.22, 0.0)) == (0.22, 0.0, 0.0)
    assert draw_spot(GraspTask(MODEL), random, (0.22, 0.0)) == (0.22, 0.0)


def test_nothing_is_placed_where_nobody_tells_how_the_block_lies(tmp_path, capsys):
    asked = ["--grasp", "place", *REMOTE, "--block", "0.22", "0.0"]
    assert main(["record", str(tmp_path / "demos"), *asked]) == 2
    assert "only a simulation tells where that is" in " ".join(capsys.readouterr().err.split())


def test_the_expert_is_seen_to_place():
    stage = open_stage("expert", None, None, task="place")
    with closing(stage.env) as env:
        assert stage.play(seed=3)
        assert not env.scene.lifted()
        assert done_in(env.task) == "placed"


def test_training_takes_placing_by_its_name():
    options, _ = defaults(["--task", "place", "--demos", "demos/place"])
    assert options.config.env_kwargs == {"task": "place", "randomization": "default"}
    assert options.config.sac.gamma > defaults(["--task", "full"])[0].config.sac.gamma
    cloned = ["--algorithm", "bc", "--demos", "demos"]
    placing, grasping = (defaults(["--task", task, *cloned])[0] for task in ("place", "full"))
    assert placing.config.total_steps > grasping.config.total_steps
