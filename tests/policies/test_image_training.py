"""Training on pictures with numbers beside them, from collection to the saved policy."""

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
