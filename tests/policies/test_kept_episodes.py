from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shown_reach import shown
from tiny_envs import Promising, Reach, SeenReach

from policies.contract import Contract
from policies.errors import CheckpointError, PolicyError
from policies.nstep import NStepReturns
from policies.trajectory import Trajectory, load_trajectories, save_trajectories


def some(steps: int, terminated: bool) -> Trajectory:
    rng = np.random.default_rng(steps)
    return Trajectory(
        rng.standard_normal((steps + 1, 3), np.float32),
        rng.uniform(-1, 1, (steps, 2)).astype(np.float32),
        rng.standard_normal(steps, np.float32),
        terminated,
    )


@given(st.integers(1, 12), st.integers(1, 15), st.booleans())
def test_its_n_step_transitions_are_those_of_a_learner_that_lived_it(n, steps, terminated) -> None:
    trajectory, frames = some(steps, terminated), np.arange(100, 101 + steps)
    ours = trajectory.transitions(n, 0.9, frames)
    lived = NStepReturns(n, 0.9, 1, 2)
    theirs = [
        lived.push(
            observation=frames[i : i + 1],
            action=trajectory.actions[i : i + 1],
            reward=trajectory.rewards[i : i + 1],
            next_observation=frames[i + 1 : i + 2],
            terminated=np.array([terminated and i == steps - 1]),
            truncated=np.array([not terminated and i == steps - 1]),
        )
        for i in range(steps)
    ]
    for name in ("observation", "action", "reward", "next_observation", "discount"):
        expected = np.concatenate([getattr(part, name) for part in theirs])
        np.testing.assert_allclose(getattr(ours, name), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("env", [Reach, SeenReach, lambda: Promising(0.5)])
def test_files_give_back_what_was_saved(tmp_path: Path, env) -> None:
    contract = Contract.of(env(), "Reach-v0")
    saved = shown(env, 3)
    save_trajectories(tmp_path, saved, contract, {"dataset": "demos"})
    for ours, theirs in zip(load_trajectories(tmp_path, contract), saved, strict=True):
        np.testing.assert_array_equal(ours.observations, theirs.observations)
        np.testing.assert_array_equal(ours.actions, theirs.actions)
        np.testing.assert_array_equal(ours.rewards, theirs.rewards)
        assert ours.terminated == theirs.terminated


def test_those_of_another_environment_are_refused(tmp_path: Path) -> None:
    save_trajectories(tmp_path, shown(Reach, 2), Contract.of(Reach(), "Reach-v0"), {})
    with pytest.raises(CheckpointError, match="made for env_id Reach-v0"):
        load_trajectories(tmp_path, Contract.of(Reach(), "Reach-v1"))


def test_cut_files_are_refused(tmp_path: Path) -> None:
    contract = Contract.of(Reach(), "Reach-v0")
    save_trajectories(tmp_path, shown(Reach, 2), contract, {})
    (path,) = tmp_path.glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="truncated or altered"):
        load_trajectories(tmp_path, contract)


@pytest.mark.parametrize("lengths", [(3, 3, 3), (4, 2, 3), (1, 0, 0)])
def test_arrays_that_are_no_episode_are_refused(lengths) -> None:
    with pytest.raises(PolicyError, match=r"t steps have t \+ 1, t and t"):
        Trajectory(*(np.zeros((n, 1), np.float32) for n in lengths), False)
