import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from toy_demonstrations import MODEL, RATE, waving, write

from cli.demo_replay import DemoReplay
from cli.demonstrated_arm import arm_schema
from cli.main import main
from cli.presets import DEPTH, GRASP, preset
from policies.config import TrainConfig
from policies.demonstrations.reader import DatasetReader
from policies.demonstrations.schema import Schema
from policies.demonstrations.writer import DatasetWriter
from robot.task import GraspTask

EPISODES = 16
PLACE = np.array([*MODEL.grasp.area_centre, 0.015])
EVEN = np.arange(120) / RATE


@pytest.fixture(scope="module")
def expert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return grasps of the scripted expert."""
    folder = tmp_path_factory.mktemp("demos") / "expert"
    words = ["--episodes", str(EPISODES), "--fast", "--keep", "successes", "--json"]
    assert main(["record", str(folder), "--seed", "777000", *words]) == 0
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def train(*words: object) -> int:
    return main(["train", "--quiet", "--workers", "0", "--name", "run", *map(str, words)])


def cloning(demos: Path, *words: object) -> int:
    return train("--algorithm", "bc", "--demos", demos, "--eval-seed", 777_000, *words)


def figures() -> dict[str, float]:
    found: dict[str, float] = json.loads(Path("runs/run/evaluation.json").read_text())
    return found


def test_the_cloned_expert_grasps_and_outlives_its_dataset(expert: Path, tmp_path: Path) -> None:
    demos = shutil.copytree(expert, tmp_path / "copy")
    words = "--total-steps", 800, "--eval-every", 0, "--eval-episodes", 8, "--no-tensorboard"
    assert cloning(demos, *words) == 0
    assert figures()["success_rate"] >= 0.85
    shutil.rmtree(demos)
    assert main(["train", "--resume", "run", "--until", "820", "--quiet", "--workers", "0"]) == 0
    assert figures()["success_rate"] >= 0.85


def test_cloning_that_ends_early_says_why(expert: Path, capsys) -> None:
    still = "--cloning.learning-rate", 1e-30, "--cloning.patience", 1
    few = "--demo-episodes", 2, "--cloning.validation", 0.5, "--cloning.hidden", 8
    assert cloning(expert, *still, *few, "--eval-episodes", 1, "--no-tensorboard") == 0
    assert "ended early: demonstrations held out" in " ".join(capsys.readouterr().err.split())


def test_sac_takes_them_too_and_says_of_how_many(expert: Path, capsys) -> None:
    words = "--demo-episodes", 3, "--total-steps", 300, "--start-steps", 100, "--num-envs", 1
    assert train("--demos", expert, *words, "--eval-episodes", 1) == 0
    assert f"3 demonstrations of {expert}" in capsys.readouterr().err
    assert Path("runs/run/demonstrations/checkpoint.json").is_file()


def test_they_are_seen_through_whatever_eyes_the_environment_has(expert: Path) -> None:
    words = "--demo-episodes", 2, "--image-size", 16, "--total-steps", 20, "--eval-episodes", 1
    assert main(["train", DEPTH, "--name", "run", "--algorithm", "bc", "--demos", str(expert),
                 "--quiet", "--workers", "0", *map(str, words)]) == 0  # fmt: skip
    config = json.loads(Path("runs/run/config.json").read_text())
    assert len(config["cloning"]["encoder"].split()) == 2


def replays(folder: Path, **settings: object) -> list[float]:
    """Return what the replays of the first two episodes in ``folder`` earned, each in all."""
    config = TrainConfig(GRASP, **settings)  # type: ignore[arg-type]
    replay = DemoReplay(DatasetReader(folder), config)
    found = replay.trajectories(2, slow_too=True, on_episode=lambda _: None)
    return [float(each.rewards.sum()) for each in found]


def resampled(source: Path, folder: Path, rate: float) -> Path:
    """Record the first two episodes of ``source`` anew, at another rate."""
    reader = DatasetReader(source)
    schema = arm_schema(MODEL, rate, {}, reader.schema.environment)
    with DatasetWriter(folder, schema) as writer:
        for index in range(2):
            episode = reader.episode(index)
            with writer.take(episode.task) as take:
                for stamp in np.arange(0.0, episode.seconds, 1.0 / rate):
                    row = [np.interp(stamp, episode.stamps, part) for part in episode.actions.T]
                    take.add(stamp, row, row, None, episode.environment[0])
                take.save(True)
    return folder


@pytest.mark.parametrize("rate", [8.0, 50.0])
def test_commands_are_followed_by_the_clock_whatever_the_rate(expert, tmp_path, rate) -> None:
    other = resampled(expert, tmp_path / "other", rate)
    np.testing.assert_allclose(replays(other), replays(expert), atol=0.1)


def test_replays_meet_the_conditions_of_the_training(expert: Path) -> None:
    varied = replays(expert, env_kwargs={"randomization": "default"})
    assert varied != replays(expert)
    assert varied == replays(expert, env_kwargs={"randomization": "default"})
    assert varied != replays(expert, env_kwargs={"randomization": "default"}, seed=1)


@pytest.mark.parametrize("env_id", [GRASP, DEPTH])
def test_a_turned_block_is_laid_as_it_lay_and_grasped_again(tmp_path: Path, env_id: str) -> None:
    demos = tmp_path / "full"
    words = "--grasp", "full", "--episodes", "2", "--fast", "--keep", "all", "--json"
    assert main(["record", str(demos), *words]) == 0
    replay = DemoReplay(DatasetReader(demos), TrainConfig(env_id, env_kwargs={"task": "full"}))
    found = replay.trajectories(None, slow_too=False, on_episode=lambda _: None)
    assert [each.terminated for each in found] == [True, True]
    assert all(each.actions.shape[1] == 5 for each in found)


def placed(folder: Path, schema: Schema, stamps: np.ndarray) -> None:
    """Record one episode that waves beside a block."""
    with DatasetWriter(folder, schema) as writer, writer.take("wave") as take:
        for stamp, row in zip(stamps, waving(stamps), strict=True):
            take.add(stamp, row, row, None, PLACE)
        take.save(None)


def no_dataset(folder: Path) -> None:
    folder.mkdir()


def empty(folder: Path) -> None:
    with DatasetWriter(folder, arm_schema(MODEL, RATE, {}, GraspTask.block_names)):
        pass


def no_place(folder: Path) -> None:
    write(folder, EVEN, waving(EVEN))


def another_arm(folder: Path) -> None:
    write(folder, EVEN, waving(EVEN), Schema("nao", (*MODEL.joints, "gripper"), RATE))


def too_slow(folder: Path) -> None:
    placed(folder, arm_schema(MODEL, RATE, {}, GraspTask.block_names), 2 * EVEN)


def useless(folder: Path) -> None:
    placed(folder, arm_schema(MODEL, RATE, {}, GraspTask.block_names), EVEN)


def too_long(folder: Path) -> None:
    stamps = np.arange(200) / RATE
    placed(folder, arm_schema(MODEL, RATE, {}, GraspTask.block_names), stamps)


def damaged(folder: Path) -> None:
    useless(folder)
    (path,) = folder.glob("data/*/*.parquet")
    path.write_bytes(path.read_bytes()[:-50])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (no_dataset, "no dataset here (meta/info.json is missing); twinarm record makes one"),
        (empty, "no episodes in it yet; twinarm record"),
        (no_place, "does not say where the block lay (block_x and block_y"),
        (another_arm, "recorded with an arm that is not known here: unknown arm 'nao'"),
        (too_slow, "1 (0) are below the rate limit (--slow-demos takes them too)"),
        (useless, "none can be learned from; left out: 1 (0) fail when replayed"),
        (too_long, "left out: 1 (0) last longer than the 6.95 s that there are"),
        (damaged, "take another copy"),
    ],
)
def test_a_dataset_that_teaches_nothing_is_refused_before_a_run_begins(
    tmp_path: Path, capsys, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / "demos")
    assert cloning(tmp_path / "demos") == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--algorithm", "bc"), "bc learns from demonstrations alone: --demos DATASET names them"),
        (("--demo-episodes", "3"), "--demo-episodes and --slow-demos go with --demos DATASET"),
        (("--demos", "x", "--demo-episodes", "0"), "--demo-episodes 0: at least 1 is needed"),
        (("--demos", "x", "--demo-share", "1.5"), "demo_share is 1.5; it must be within [0, 1]"),
    ],
)
def test_options_that_do_not_go_together_are_refused(capsys, words, said) -> None:
    assert train(*words) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_name_that_is_taken_is_refused_before_demonstrations_are_replayed(capsys) -> None:
    Path("runs/run").mkdir(parents=True)
    Path("runs/run/config.json").touch()
    assert train("--demos", "nowhere") == 2
    assert "runs/run holds a run already" in " ".join(capsys.readouterr().err.split())


def test_an_environment_without_an_arm_is_refused(expert: Path, capsys) -> None:
    assert main(["train", "Pendulum-v1", "--demos", str(expert)]) == 2
    assert "Pendulum-v1 is no grasp of ours" in " ".join(capsys.readouterr().err.split())


def test_cloning_has_a_pace_of_its_own() -> None:
    assert preset(GRASP, "bc").total_steps < preset(GRASP).total_steps


@pytest.mark.parametrize("words", [("--task", "full"), ("--task=full", "--num-envs", "1")])
def test_the_full_task_is_trained_for_an_arm_as_it_is(words) -> None:
    few = "--total-steps", 10, "--start-steps", 10, "--eval-episodes", 1, "--num-envs", 2
    assert train(*few, *words) == 0
    config = json.loads(Path("runs/run/config.json").read_text())
    assert config["env_kwargs"] == {"task": "full", "randomization": "default"}
    assert config["n_step"] > preset(GRASP).n_step
