from functools import partial
from pathlib import Path

import pytest

from policies.config import TrainConfig
from policies.environments import make_environment
from policies.evaluation import evaluate
from policies.policy_files import load_policy
from policies.runs import RunFolder
from policies.sac import SACConfig
from policies.trainer import Trainer


@pytest.mark.slow
def test_sac_solves_pendulum(tmp_path: Path) -> None:
    config = TrainConfig(
        "Pendulum-v1",
        total_steps=8_000,
        updates_per_step=1.0,
        eval_every=2_000,
        sac=SACConfig(hidden=(64, 64), learning_rate=1e-3, alpha_learning_rate=1e-3, threads=1),
    )
    run = RunFolder(tmp_path / "pendulum")
    with Trainer.start(config, run) as trainer:
        trainer.train()
    policy = load_policy(run.best)
    make_env = partial(make_environment, "Pendulum-v1", {})
    fresh = evaluate(policy.act, make_env, policy.contract, episodes=20, first_seed=500)
    assert fresh is not None
    assert fresh.mean_return >= -200
