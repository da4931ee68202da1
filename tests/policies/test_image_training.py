"""Training on pictures with numbers beside them, from collection to the saved policy."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_envs import SeenBroken, SeenReach

from policies.checkpoint import read_manifest, read_part
from policies.config import TrainConfig
from policies.errors import CheckpointError, PolicyError
from policies.evaluation import evaluate
from policies.policy_files import load_policy
from policies.runs import RunFolder
from policies.sac import SACConfig
from policies.trainer import Trainer

CONFIG = TrainConfig(
    "SeenReach-v0",
    total_steps=400,
    start_steps=60,
    num_envs=3,
    n_step=2,
    updates_per_step=0.3,
    replay_capacity=150,
    normalize_observations=True,
    eval_every=200,
    eval_episodes=4,
    checkpoint_every=100,
    log_every=100,
    sac=SACConfig(
        hidden=(16, 16), batch_size=32, threads=1, encoder="4k3s2 8k3s2", latent=8, shift=1
    ),
)

LEARNING = replace(
    CONFIG,
    total_steps=2_400,
    start_steps=300,
    n_step=1,
    updates_per_step=0.5,
    replay_capacity=5_000,
    eval_every=0,
    eval_episodes=20,
    checkpoint_every=10_000,
    sac=SACConfig(
        hidden=(32, 32),
        learning_rate=2e-3,
        alpha_learning_rate=3e-3,
        gamma=0.9,
        init_alpha=0.2,
        batch_size=64,
        threads=1,
        encoder="8k4s2 8k3s2",
        latent=16,
    ),
)


class InTheDark(SeenReach):
    """Shows nothing of where the target is."""

    def _observation(self) -> Any:
        return super()._observation() | {"seen": np.zeros((self.size, self.size, 1), np.uint8)}


def start(config: TrainConfig, folder: Path, make_env: Any = SeenReach) -> RunFolder:
    run = RunFolder(folder)
    with Trainer.start(config, run, make_env) as trainer:
        trainer.train()
    return run


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return start(CONFIG, tmp_path_factory.mktemp("pictures") / "run")


def test_a_resumed_run_equals_an_uninterrupted_one(
    tmp_path: Path, uninterrupted: RunFolder
) -> None:
    run = RunFolder(tmp_path / "run")
    Trainer.start(CONFIG, run, SeenReach).__exit__(None, None, None)
    for end in (100, 101, 290, 400):
        with Trainer.resume(run, SeenReach, total_steps=end) as trainer:
            trainer.train()
    ours, theirs = (read_manifest(folder.last) for folder in (run, uninterrupted))
    for key in ("learner", "pool", "statistics"):
        assert ours[key] == theirs[key]
    arrays = read_part(run.last, ours, "training")
    for name, array in read_part(uninterrupted.last, theirs, "training").items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


def test_the_saved_policy_acts_on_what_the_environment_shows(uninterrupted: RunFolder) -> None:
    policy = load_policy(uninterrupted.best)
    assert policy.mean is not None
    assert policy.mean.shape == (2,)
    again = evaluate(
        policy.act, SeenReach, policy.contract, episodes=4, first_seed=CONFIG.eval_seed
    )
    assert again is not None
    assert policy.about["evaluation"]["mean_return"] == pytest.approx(again.mean_return, rel=1e-4)
    shown = policy.contract.observation.pack(SeenReach().reset(seed=0)[0])
    assert policy.act(shown).shape == (1,)


def test_pictures_of_another_size_are_not_resumed_from(uninterrupted: RunFolder) -> None:
    message = r"made for observation.image.shape \[16, 16, 1\], but this needs \[20, 20, 1\]"
    with pytest.raises(CheckpointError, match=message):
        Trainer.resume(uninterrupted, partial(SeenReach, size=20))


def test_a_number_that_is_not_finite_ends_training_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"answered step 3 .* and clock \[nan"):
        start(CONFIG, tmp_path / "run", SeenBroken)
    assert load_policy(tmp_path / "run" / "checkpoints" / "last").about["step"] == 0


def test_the_picture_is_learned_from_and_nothing_else_tells_the_target(tmp_path: Path) -> None:
    """Success is within 0.1 of a target anywhere in [-1, 1]: one in ten in the dark."""
    rates = []
    for name, make_env in (("seen", SeenReach), ("dark", InTheDark)):
        with Trainer.start(LEARNING, RunFolder(tmp_path / name), make_env) as trainer:
            evaluation = trainer.train().evaluation
        assert evaluation is not None
        rates.append(evaluation.success_rate)
    assert rates[0] >= 0.8
    assert rates[1] <= 0.3
