import csv
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box
from tiny_envs import QUICK_LEARNER, Broken, Forgetful, Reach

from policies.checkpoint import read_manifest, read_part, write_checkpoint
from policies.config import TrainConfig
from policies.errors import CheckpointError, PolicyError
from policies.evaluation import evaluate
from policies.policy_files import load_policy
from policies.runs import RunFolder, find_policy
from policies.sac import SACConfig
from policies.status import Status
from policies.trainer import Trainer, TrainResult

SMALL = TrainConfig(
    "Reach-v0",
    total_steps=600,
    start_steps=100,
    num_envs=2,
    replay_capacity=1000,
    eval_every=200,
    eval_episodes=5,
    checkpoint_every=200,
    log_every=100,
    sac=SACConfig(hidden=(16, 16), batch_size=32, threads=1),
)
QUICK = replace(
    SMALL,
    total_steps=6000,
    updates_per_step=1.0,
    eval_every=500,
    eval_episodes=40,
    target_success=1.0,
    sac=QUICK_LEARNER,
)


def train(run: RunFolder, config: TrainConfig = SMALL, **options: Any) -> TrainResult:
    with Trainer.start(config, run, options.pop("make_env", Reach)) as trainer:
        return trainer.train(**options)


def weights(folder: Path) -> dict[str, Any]:
    return read_part(folder, read_manifest(folder), "policy")


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return all(np.array_equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "one")


def test_a_trivial_task_is_learned_and_training_stops_at_the_target(run: RunFolder) -> None:
    result = train(run, QUICK)
    assert result.reached_target
    assert not result.interrupted
    assert result.step < QUICK.total_steps
    policy = load_policy(find_policy(str(run.path)))
    fresh = evaluate(policy.act, Reach, policy.contract, episodes=100, first_seed=77_000)
    assert fresh is not None
    assert fresh.success_rate is not None
    assert fresh.success_rate >= 0.95


@pytest.mark.parametrize("options", [{"n_step": 3}, {"normalize_observations": True}])
def test_the_trivial_task_is_learned_with(run: RunFolder, options: dict[str, Any]) -> None:
    result = train(run, replace(QUICK, **options))
    assert result.reached_target
    policy = load_policy(run.best)
    again = evaluate(policy.act, Reach, policy.contract, episodes=40, first_seed=QUICK.eval_seed)
    assert again is not None
    assert result.evaluation is not None
    assert again.mean_return == pytest.approx(result.evaluation.mean_return, rel=1e-4)


def test_a_run_leaves_all_its_files(run: RunFolder) -> None:
    result = train(run)
    assert result.evaluation is not None
    with run.progress.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [100, 200, 300, 400, 500, 600]
    assert rows[-1].keys() >= {"success_rate", "return", "reward/distance", "alpha", "critic_loss"}
    assert float(rows[-1]["evaluation/return"]) == pytest.approx(result.evaluation.mean_return)
    assert any(run.tensorboard.iterdir())
    assert run.read_config() == SMALL
    figures = json.loads(run.evaluation.read_text())
    assert figures.keys() >= {"episodes", "successes", "success_rate", "ci95", "seeds", "step"}


class Tiring(Reach):
    """Gives less reward with every episode, whoever acts."""

    episodes = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        Tiring.episodes += 1
        return super().reset(seed=seed, options=options)

    def step(self, action: Any) -> Any:
        observation, reward, *rest = super().step(action)
        return observation, reward - 10 * Tiring.episodes, *rest[:-1], {}


def test_a_worse_policy_does_not_replace_the_best(run: RunFolder) -> None:
    train(run, make_env=Tiring)
    kept = json.loads(run.evaluation.read_text())
    assert kept["step"] == 200
    policy = load_policy(run.best)
    assert policy.about["evaluation"] == kept
    assert not same(weights(run.best), weights(run.last))


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    runs = [RunFolder(tmp_path / name) for name in "abc"]
    for run, seed in zip(runs, (1, 1, 2), strict=True):
        train(run, replace(SMALL, seed=seed))
    first, again, other = (weights(run.last) for run in runs)
    assert same(first, again)
    assert not same(first, other)


def test_the_learner_makes_the_updates_asked_for(run: RunFolder) -> None:
    with Trainer.start(replace(SMALL, updates_per_step=0.3), run, Reach) as trainer:
        trainer.train()
        # The last step is collected while the updates of the step before it are made.
        assert trainer.session.learner.sac.updates == int(0.3 * (600 - 100 - 2))


def test_observers_see_the_run_advance(run: RunFolder) -> None:
    seen: list[Status] = []
    train(run, QUICK, observer=seen.append)
    assert [status.step for status in seen] == sorted(status.step for status in seen)
    last = seen[-1]
    assert last.evaluation is not None
    assert last.evaluation.success_rate == 1.0
    assert last.success_rate is not None
    assert last.alpha is not None
    assert last.rate > 0


def test_a_finished_run_resumes_to_a_farther_end(run: RunFolder, tmp_path: Path) -> None:
    train(run)
    with Trainer.resume(run, Reach, total_steps=900) as trainer:
        assert trainer.train().step == 900
    straight = RunFolder(tmp_path / "straight")
    train(straight, replace(SMALL, total_steps=900))
    assert same(weights(run.last), weights(straight.last))
    assert run.read_config().total_steps == 900


def test_resuming_a_run_that_is_over_changes_nothing(run: RunFolder) -> None:
    train(run)
    before = weights(run.last), run.progress.read_text()
    with Trainer.resume(run, Reach) as trainer:
        result = trainer.train()
    assert result.step == 600
    assert not result.interrupted
    assert same(before[0], weights(run.last))
    assert before[1] == run.progress.read_text()


def refused(run: RunFolder, make_env: Any = Reach) -> str:
    with pytest.raises(CheckpointError) as caught:
        Trainer.resume(run, make_env)
    assert str(run.last) in str(caught.value)
    return str(caught.value)


def cut_arrays(run: RunFolder) -> None:
    path = next(run.last.glob("training-*"))
    path.write_bytes(path.read_bytes()[:-100])


def remove_counter(run: RunFolder) -> None:
    manifest = read_manifest(run.last)
    parts = {name: read_part(run.last, manifest, name) for name in manifest["files"]}
    kept = manifest.keys() - {"files", "counters"}
    write_checkpoint(run.last, parts, {name: manifest[name] for name in kept})


def edit_step(run: RunFolder) -> None:
    path = run.last / "checkpoint.json"
    path.write_text(path.read_text().replace('"step": 600', '"step": 500'))


def change_config(run: RunFolder) -> None:
    config = json.loads(run.config.read_text())
    config["sac"]["gamma"] = 0.5
    run.config.write_text(json.dumps(config))


def use_mere_policy(run: RunFolder) -> None:
    for path in run.last.iterdir():
        path.unlink()
    for path in run.best.iterdir():
        path.rename(run.last / path.name)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut_arrays, "truncated or altered"),
        (edit_step, "truncated or altered"),
        (remove_counter, "incomplete: KeyError('counters')"),
        (change_config, "made with sac.gamma 0.99, but the run has 0.5"),
        (use_mere_policy, "no part 'training'"),
    ],
)
def test_a_damaged_checkpoint_is_not_resumed(
    run: RunFolder, damage: Callable[[RunFolder], None], reason: str
) -> None:
    train(run)
    damage(run)
    assert reason in refused(run)


class Wider(Reach):
    def __init__(self) -> None:
        super().__init__()
        self.action_space = Box(-1, 1, (1,), np.float32)


def test_a_checkpoint_of_another_environment_is_not_resumed(run: RunFolder) -> None:
    train(run)
    assert "made for action_low [-0.5], but this needs [-1.0]" in refused(run, Wider)


def test_a_run_that_exists_is_not_begun_again(run: RunFolder) -> None:
    train(run)
    with pytest.raises(PolicyError, match="holds a run already"):
        train(run)


def test_a_broken_environment_ends_training_and_the_last_checkpoint_stands(run: RunFolder) -> None:
    with pytest.raises(PolicyError, match="answered step 3"):
        train(run, make_env=Broken)
    assert load_policy(run.last).about["step"] == 0


def test_an_environment_that_does_not_replay_is_warned_of(
    run: RunFolder, caplog: pytest.LogCaptureFixture
) -> None:
    train(run, make_env=partial(Forgetful, steps=7))
    with Trainer.resume(run, partial(Forgetful, steps=7)):
        pass
    assert "does not replay exactly" in caplog.text
