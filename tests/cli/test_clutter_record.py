import numpy as np
import pytest
from recorded import recorded

from cli.demo_replay import DemoReplay
from cli.main import main
from cli.presets import GRASP, preset
from cli.tables import ABSENT, OBJECT_NAMES
from policies.demonstrations.errors import DemonstrationError
from policies.demonstrations.reader import DatasetReader
from robot.full_task import FullGraspTask
from sim.object_families import SPLITS


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> DatasetReader:
    folder = tmp_path_factory.mktemp("clutter") / "expert"
    return recorded(folder, "full", 3, "--clutter", "validation")


def test_a_dataset_of_clutter_says_which_objects_lay_where(reader):
    names = reader.schema.environment
    assert names == (*FullGraspTask.block_names, *OBJECT_NAMES)
    for episode in reader:
        assert episode.success
        laid = episode.environment[0, 4:].reshape(-1, 4)
        there = laid[laid[:, 0] != ABSENT]
        assert 1 <= len(there) <= 5
        assert all(int(number) in SPLITS["validation"].numbers for number in there[:, 0])
        assert (episode.environment[:, 4:] == episode.environment[0, 4:]).all()
        assert episode.environment[-1, 2] > episode.environment[0, 2] + 0.05


def test_it_is_replayed_among_the_same_objects(reader):
    config = preset(GRASP, task="full")
    config.env_kwargs.update(clutter="train", randomization="off")
    replayed = []
    found = DemoReplay(reader, config).trajectories(None, False, replayed.append)
    assert len(found) >= 2, [one.fault for one in replayed]
    for trajectory, one in zip(found, (one for one in replayed if not one.fault), strict=True):
        block, tool = trajectory.observations[0][:2], trajectory.observations[0][4:6]
        task = FullGraspTask
        seen = (block + tool) * task.length_scale + (0.22, 0.0)
        np.testing.assert_allclose(seen, reader.episode(one.index).environment[0, :2], atol=1e-3)


def test_clutter_is_not_learned_from_demonstrations_without(tmp_path, capsys):
    one = recorded(tmp_path / "one", "full", 1)
    config = preset(GRASP, task="full")
    config.env_kwargs["clutter"] = "train"
    with pytest.raises(DemonstrationError, match="record clutter: twinarm record"):
        DemoReplay(one, config)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--grasp", "full"], "for --source expert with --fast"),
        (["--grasp", "full", "--fast", "--source", "dofbot-state"], "for --source expert"),
        (["--fast"], "clutter is for the task full, not for guided"),
        (["--grasp", "full", "--fast", "--block", "0.2", "0"], "where one block lies"),
    ],
)
def test_what_cannot_be_recorded_of_clutter_is_said(tmp_path, capsys, asked, words):
    assert main(["record", str(tmp_path / "no"), *asked, "--clutter", "train"]) == 2
    assert words in capsys.readouterr().err
