"""Environments with goals are learned, saved, loaded, evaluated and resumed like any other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from goal_envs import GoalWalk, OneByOne, Unjudged
from gymnasium.wrappers import TimeLimit
from tiny_envs import QUICK_LEARNER, Reach

from policies.checkpoint import read_manifest, read_part
from policies.config import TrainConfig
from policies.contract import Contract
from policies.errors import PolicyError
from policies.evaluation import evaluate
from policies.goals import GoalRewards
from policies.observation import ObservationSpec
from policies.policy_files import load_policy
from policies.runs import RunFolder
from policies.trainer import Trainer

CONFIG = TrainConfig(
    "GoalWalk",
    total_steps=2_000,
    start_steps=200,
    num_envs=4,
    updates_per_step=0.5,
    replay_capacity=4_000,
    relabel=0.8,
    goal_reward=0.0,
    random_actions=0.1,
    eval_every=0,
    eval_episodes=50,
    tensorboard=False,
    sac=QUICK_LEARNER,
)
SHORT = replace(CONFIG, total_steps=400, n_step=2, normalize_observations=True, eval_episodes=4)


def trained(config: TrainConfig, path: Path) -> RunFolder:
    run = RunFolder(path)
    with Trainer.start(config, run, GoalWalk) as trainer:
        trainer.train()
    return run


def test_a_goal_that_is_seldom_met_by_chance_is_learned_by_hindsight(tmp_path: Path) -> None:
    run = trained(CONFIG, tmp_path / "run")
    saved = load_policy(run.best)
    contract = Contract.of(GoalWalk(), "GoalWalk")
    assert saved.contract == contract
    found = evaluate(saved.act, GoalWalk, contract, episodes=50, first_seed=777_000)
    assert found is not None and found.success_rate is not None
    assert found.success_rate >= 0.9


def test_a_resumed_run_equals_one_that_was_not_interrupted(tmp_path: Path) -> None:
    whole = trained(SHORT, tmp_path / "whole")
    half = trained(replace(SHORT, total_steps=250, eval_every=1_000_000), tmp_path / "half")
    with Trainer.resume(half, GoalWalk, total_steps=400) as trainer:
        trainer.train()
    one, other = (read_part(r.last, read_manifest(r.last), "training") for r in (whole, half))
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


def test_an_observation_ends_with_what_is_achieved_and_what_is_left_to_do() -> None:
    env = GoalWalk()
    spec = ObservationSpec.of(env.observation_space)
    assert spec == ObservationSpec.from_json(spec.to_json()) == ObservationSpec(5, goal=2)
    seen, _ = env.reset(seed=1)
    env.place = np.array([0.5, -0.25])
    packed = spec.pack(env._observation())
    assert packed.dtype == np.float32
    np.testing.assert_allclose(packed, [1.0, 0.5, -0.25, *(seen["desired_goal"] - env.place)], 1e-6)
    spec.desire(packed, np.array([1.0, 1.0], np.float32))
    np.testing.assert_allclose(packed, [1.0, 0.5, -0.25, 0.5, 1.25], 1e-6)
    np.testing.assert_array_equal(spec.achieved(packed), packed[1:3])


def test_an_observation_without_its_goal_is_named() -> None:
    spec = ObservationSpec.of(GoalWalk.observation_space)
    whole: dict[str, Any] = {name: np.zeros(2) for name in GoalWalk.observation_space}
    with pytest.raises(PolicyError, match=r"'observation' of an observation has shape \(2,\)"):
        spec.pack(whole)
    del whole["desired_goal"]
    with pytest.raises(PolicyError, match="no part 'desired_goal'"):
        spec.pack(whole)


def test_relabelling_where_there_is_no_goal_is_refused_before_training(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with pytest.raises(PolicyError, match=r"Reach has no goals to relabel.*--relabel"):
        Trainer.start(replace(CONFIG, env_id="Reach"), run, Reach)
    with pytest.raises(PolicyError, match="GoalWalk has no compute_reward"):
        Trainer.start(CONFIG, run, Unjudged)
    assert not run.config.exists()


def test_an_environment_that_judges_no_batch_is_named() -> None:
    env = TimeLimit(OneByOne(), 5)
    rewards = GoalRewards(env, Contract.of(env, "OneByOne"))
    with pytest.raises(PolicyError, match="OneByOne: compute_reward answered"):
        rewards(np.zeros((3, 2), np.float32), np.ones((3, 2), np.float32))


def test_a_share_beyond_the_whole_is_refused() -> None:
    with pytest.raises(PolicyError, match=r"relabel is 1\.5"):
        replace(CONFIG, relabel=1.5)
