from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shown_reach import shown
from tiny_envs import Promising, Reach, SeenReach

from policies.checkpoint import read_manifest, read_part
from policies.cloning import Cloner
from policies.cloning_config import CloningConfig
from policies.config import TrainConfig
from policies.contract import Contract
from policies.critic_files import load_critics
from policies.errors import CheckpointError, PolicyError
from policies.evaluation import evaluate
from policies.policy_files import load_policy
from policies.runs import RunFolder
from policies.sac_config import SACConfig
from policies.trainer import Trainer, TrainResult
from policies.trajectory import Trajectory

CONFIG = TrainConfig(
    "Reach-v0",
    algorithm="bc",
    demos="demos",
    total_steps=600,
    eval_every=200,
    eval_episodes=20,
    checkpoint_every=200,
    log_every=200,
    cloning=CloningConfig(
        hidden=(32, 32), batch_size=64, encoder="8k3s2", latent=16, learning_rate=2e-3
    ),
)


def clone(run: RunFolder, env: Any, config: TrainConfig = CONFIG) -> TrainResult:
    with Trainer.start(config, run, env, demonstrations=shown(env, 20)) as trainer:
        return trainer.train()


def weights(run: RunFolder) -> dict[str, Any]:
    return read_part(run.last, read_manifest(run.last), "training")


def told_reach() -> Promising:
    return Promising(0.0)


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("env", [Reach, SeenReach, told_reach])
def test_a_trivial_task_is_cloned_and_deployed(tmp_path: Path, env, normalize) -> None:
    run = RunFolder(tmp_path / "run")
    clone(run, env, replace(CONFIG, normalize_observations=normalize))
    policy = load_policy(run.best)
    fresh = evaluate(policy.act, env, policy.contract, episodes=50, first_seed=77_000)
    assert fresh is not None
    assert fresh.success_rate is not None
    assert fresh.success_rate >= 0.9


@pytest.mark.parametrize("env", [Reach, SeenReach])
def test_a_resumed_clone_equals_one_that_never_stopped(tmp_path: Path, env) -> None:
    straight, cut = RunFolder(tmp_path / "straight"), RunFolder(tmp_path / "cut")
    config = replace(CONFIG, cloning=replace(CONFIG.cloning, shift=1))
    clone(straight, env, config)
    with Trainer.start(config, cut, env, demonstrations=shown(env, 20)) as trainer:
        for _ in range(250):
            trainer.session.advance()
        trainer.session.save(cut.last)
    with Trainer.resume(cut, env) as trainer:
        assert trainer.train().step == 600
    ours, theirs = weights(cut), weights(straight)
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


def test_a_run_leaves_a_curve_of_the_error_on_what_is_held_out(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    clone(run, Reach)
    header, *rows = run.progress.read_text().splitlines()
    assert {"cloning_loss", "validation_error", "evaluation/success_rate"} <= set(header.split(","))
    assert len(rows) == 3
    assert run.evaluation.is_file()
    assert run.read_config() == CONFIG


def test_a_clone_says_that_it_has_no_critics_to_look_at(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    clone(run, SeenReach, replace(CONFIG, total_steps=10))
    with pytest.raises(PolicyError, match="cloned, without any critics"):
        load_critics(run.last)


def test_cloning_ends_when_what_is_held_out_is_no_longer_predicted_better(tmp_path: Path) -> None:
    """Actions of pure chance: there is nothing to learn but those shown, by heart."""
    rng = np.random.default_rng(0)
    noise = [
        replace(each, actions=rng.uniform(-1, 1, each.actions.shape).astype(np.float32))
        for each in shown(Reach, 8)
    ]
    config = replace(
        CONFIG,
        total_steps=20_000,
        eval_every=0,
        cloning=replace(CONFIG.cloning, patience=300, validation=0.25, learning_rate=1e-2),
    )
    with Trainer.start(config, RunFolder(tmp_path / "run"), Reach, demonstrations=noise) as trainer:
        result = trainer.train()
    assert result.step < 10_000
    assert not result.interrupted
    assert result.evaluation is not None


def test_held_out_demonstrations_are_whole_and_never_shown() -> None:
    episodes = [
        Trajectory(np.full((4, 1), i, np.float32), np.zeros((3, 1), np.float32), np.zeros(3), False)
        for i in range(10)
    ]
    config = replace(CONFIG, cloning=replace(CONFIG.cloning, validation=0.3))
    cloner = Cloner(config, Contract.of(Reach(), "Reach-v0"), episodes)
    assert cloner._held is not None
    held, used = (set(part[0][:, 0].tolist()) for part in (cloner._held, cloner._shown))
    assert (len(held), len(used)) == (3, 7)
    assert not held & used


def test_one_demonstration_is_enough_to_clone_it(tmp_path: Path) -> None:
    config = replace(CONFIG, total_steps=200, cloning=replace(CONFIG.cloning, patience=10))
    with Trainer.start(
        config, RunFolder(tmp_path / "run"), Reach, demonstrations=shown(Reach, 1)
    ) as trainer:
        assert trainer.train().step == 200


def test_demonstrations_that_are_not_finite_are_said_to_diverge(tmp_path: Path) -> None:
    broken = [replace(each, actions=each.actions * np.float32(np.nan)) for each in shown(Reach, 2)]
    with (
        Trainer.start(CONFIG, RunFolder(tmp_path / "run"), Reach, demonstrations=broken) as trainer,
        pytest.raises(PolicyError, match="diverged within 100 updates"),
    ):
        trainer.train()


def test_a_run_by_trial_is_not_resumed_as_a_clone(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    sac = SACConfig(hidden=(16, 16), batch_size=32, threads=1)
    config = replace(CONFIG, algorithm="sac", total_steps=200, start_steps=100, sac=sac)
    clone(run, Reach, config)
    clone_config = run.config.read_text().replace('"algorithm": "sac"', '"algorithm": "bc"')
    run.config.write_text(clone_config)
    with pytest.raises(CheckpointError, match="algorithm 'sac'"):
        Trainer.resume(run, Reach)


@pytest.mark.parametrize(
    "settings",
    [{"validation": 1.0}, {"patience": -1}, {"learning_rate": 0.0}, {"hidden": ()}],
)
def test_settings_of_cloning_out_of_range_are_refused_by_name(settings) -> None:
    with pytest.raises(PolicyError, match=next(iter(settings))):
        CloningConfig(**settings)


def test_cloning_nothing_is_refused_with_the_option_that_mends_it() -> None:
    with pytest.raises(PolicyError, match="--demos DATASET"):
        replace(CONFIG, demos=None)
