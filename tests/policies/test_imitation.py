"""Dataset aggregation: learning to see what a teacher is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_envs import SeenReach

from policies.checkpoint import read_manifest, read_part
from policies.cloning_config import CloningConfig
from policies.config import TrainConfig
from policies.errors import PolicyError
from policies.evaluation import evaluate
from policies.imitator import Teacher
from policies.labelled import LabelledFrames
from policies.observation import ObservationSpec
from policies.policy_files import load_policy
from policies.runs import RunFolder
from policies.trainer import Trainer

CONFIG = TrainConfig(
    "ToldReach-v0",
    algorithm="dagger",
    teacher="expert",
    total_steps=1_600,
    start_steps=400,
    num_envs=4,
    updates_per_step=0.5,
    replay_capacity=2_000,
    eval_every=0,
    eval_episodes=20,
    checkpoint_every=400,
    cloning=CloningConfig(hidden=(32,), batch_size=32, encoder="8k4s2 8k3s2", latent=8),
)


class ToldReach(SeenReach):
    """SeenReach, which tells in training where the target is, and can cut an episode short."""

    privileged_size = 1

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        observation, _ = super().reset(seed=seed, options=options)
        self.left = (options or {}).get("glimpse", self.left)
        return observation, self._told()

    def step(self, action: Any) -> Any:
        *result, info = super().step(action)
        return *result, info | self._told()

    def _told(self) -> dict[str, Any]:
        return {"privileged": np.array([self.offset], np.float32)}


def walk(told: np.ndarray) -> np.ndarray:
    assert told.shape[1] == 3, "what is told, and the two numbers beside the picture"
    return np.clip(2 * told[:, :1], -1, 1)


TEACHER = Teacher(walk, told=1, glimpse={"glimpse": 1})


def trained(folder: Path, config: TrainConfig = CONFIG) -> RunFolder:
    run = RunFolder(folder)
    with Trainer.start(config, run, make_env=ToldReach, teacher=TEACHER) as trainer:
        trainer.train()
    return run


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return trained(tmp_path_factory.mktemp("dagger") / "run")


def test_a_policy_learns_to_see_what_its_teacher_is_told(uninterrupted: RunFolder) -> None:
    policy = load_policy(uninterrupted.last)
    found = evaluate(policy.act, ToldReach, policy.contract, episodes=40, first_seed=0)
    assert found is not None
    assert found.successes >= 38


def test_a_resumed_run_equals_one_that_never_stopped(
    tmp_path: Path, uninterrupted: RunFolder
) -> None:
    cut = RunFolder(tmp_path / "cut")
    with Trainer.start(CONFIG, cut, make_env=ToldReach, teacher=TEACHER) as trainer:
        for _ in range(150):
            trainer.session.advance()
        trainer.session.save(cut.last)
    with Trainer.resume(cut, make_env=ToldReach, teacher=TEACHER) as trainer:
        assert trainer.train().step == CONFIG.total_steps
    ours, theirs = (
        read_part(run.last, read_manifest(run.last), "training") for run in (cut, uninterrupted)
    )
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


def test_it_begins_with_glimpses_which_half_of_the_environments_go_on_with(tmp_path: Path) -> None:
    config = replace(CONFIG, updates_per_step=0.0)
    with Trainer.start(
        config, RunFolder(tmp_path / "run"), make_env=ToldReach, teacher=TEACHER
    ) as trainer:
        session = trainer.session
        for _ in range(100):
            session.advance()
        options = session.pool.state()[1]["options"]
        assert len(session.learner.replay) == 400
        assert [after for _, after in options] == [None, {"glimpse": 1}] * 2
        assert session.statistics.episodes == 0
        trainer.train()
        assert session.statistics.means()["length"] == 8
        assert session.statistics.episodes == pytest.approx(1_200 / 2 / 8, abs=2)


def test_some_way_into_an_episode_the_teacher_takes_over(tmp_path: Path) -> None:
    cloning = replace(CONFIG.cloning, alone=3, noise=0.0)
    config = replace(CONFIG, total_steps=800, start_steps=0, updates_per_step=0.0, cloning=cloning)
    taught: list[list[bool]] = []
    with Trainer.start(
        config, RunFolder(tmp_path / "run"), make_env=ToldReach, teacher=TEACHER
    ) as trainer:
        learner = trainer.session.learner
        explore = learner.explore

        def seen(observation: np.ndarray) -> np.ndarray:
            action = explore(observation)
            label = walk(np.concatenate([observation["privileged"], observation["clock"]], axis=1))
            taught.append((action == label)[:, 0].tolist())
            return action

        learner.explore = seen
        trainer.train()
    by_step = np.array(taught).reshape(-1, 8, config.num_envs).mean(axis=(0, 2))
    assert np.all(np.diff(by_step[:4]) > 0)
    assert 0.1 < by_step[0] < 0.5
    assert by_step[3:].min() == 1.0


def test_without_enough_told_a_teacher_is_refused(tmp_path: Path) -> None:
    teacher = Teacher(walk, told=2)
    with pytest.raises(PolicyError, match="a teacher needs 2"):
        Trainer.start(CONFIG, RunFolder(tmp_path / "run"), make_env=ToldReach, teacher=teacher)


@pytest.mark.parametrize("wrong", [{"teacher": None}, {"algorithm": "sac"}])
def test_a_teacher_and_dagger_go_together(wrong: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match="--teacher"):
        replace(CONFIG, **wrong)


def test_the_newest_observations_are_drawn_each_with_its_own_label() -> None:
    spec, rng = ObservationSpec(1), np.random.default_rng(0)
    kept = LabelledFrames(10, spec, 1)
    for number in range(0, 24, 4):
        seen = np.arange(number, number + 4, dtype=np.float32)[:, None]
        kept.add(seen, -seen)
    observations, actions = np.empty((200, 1), np.float32), np.empty((200, 1), np.float32)
    kept.draw(rng, observations, actions)
    assert len(kept) == 10
    np.testing.assert_array_equal(observations, -actions)
    assert set(observations[:, 0]) == set(range(14, 24))
    copy = LabelledFrames(10, spec, 1)
    copy.load_state(*kept.state())
    again = np.empty((200, 1), np.float32)
    copy.draw(np.random.default_rng(0), again, actions)
    np.testing.assert_array_equal(again, observations)
