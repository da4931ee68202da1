"""The two sides of a race of SAC gradient steps, each with its own replay of the same memories."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import Step
from policies.nstep import Transitions
from policies.observation import ObservationSpec
from policies.replay import ReplayBuffer
from policies.sac import SAC, SACConfig

if TYPE_CHECKING:
    import gymnasium


class Memories(NamedTuple):
    """n transitions of one endless episode: observations [n + 1, ...], actions [n, a], rewards."""

    observations: NDArray[Any]
    actions: NDArray[np.float32]
    rewards: NDArray[np.float32]

    @classmethod
    def draw(cls, observations: NDArray[Any], action_size: int) -> Memories:
        """Return the transitions between ``observations`` with random actions and rewards."""
        rng, count = np.random.default_rng(1), len(observations) - 1
        actions = np.tanh(rng.standard_normal((count, action_size), np.float32))
        return cls(observations, actions, rng.standard_normal(count, np.float32))


def our_step(spec: ObservationSpec, config: SACConfig, memories: Memories) -> Step:
    """Return a gradient step of `SAC` on a batch drawn in the step."""
    observations, actions, rewards = memories
    learner = SAC(spec, actions.shape[1], config, seed=0)
    replay = ReplayBuffer(len(actions), spec, actions.shape[1])
    seen = replay.see(observations)
    discounts = np.full(len(actions), config.gamma, np.float32)
    replay.add(Transitions(seen[:-1], actions, rewards, seen[1:], discounts))
    rng = np.random.default_rng(1)

    def step() -> None:
        learner.update(replay.sample(rng, config.batch_size), metrics=False)

    return step


def peer_step(
    policy: str, low: float, high: float, config: SACConfig, memories: Memories, threads: int
) -> tuple[Step | None, str]:
    """Return a gradient step of stable-baselines3's SAC, or None and what is missing.

    policy: its name for the kind of networks; low, high: bounds of the observations.
    """
    try:
        import gymnasium
        import stable_baselines3
        import torch
        from stable_baselines3.common.logger import configure
    except ImportError as error:
        return None, f"{error.name} is not installed: pip install 'twinarm[bench]'"
    torch.set_num_threads(threads)
    observations, actions, rewards = memories
    shape, dtype = observations.shape[1:], observations.dtype.type
    model = stable_baselines3.SAC(
        policy,
        _spaces(gymnasium.spaces.Box(low, high, shape, dtype), actions.shape[1]),
        policy_kwargs={"net_arch": list(config.hidden)},
        batch_size=config.batch_size,
        buffer_size=len(actions),
        device="cpu",
    )
    model.set_logger(configure(None, []))
    memory = model.replay_buffer
    if observations.ndim == 4:  # images, which torch wants channels first
        observations = observations.transpose(0, 3, 1, 2)
    memory.observations[:, 0], memory.next_observations[:, 0] = observations[:-1], observations[1:]
    memory.actions[:, 0], memory.rewards[:, 0] = actions, rewards
    memory.full = True
    return partial(model.train, gradient_steps=1, batch_size=config.batch_size), ""


def _spaces(observation: gymnasium.spaces.Box, actions: int) -> gymnasium.Env[Any, Any]:
    """Return an environment that is only looked at, never stepped."""
    import gymnasium

    env: gymnasium.Env[Any, Any] = gymnasium.Env()
    env.observation_space = observation
    env.action_space = gymnasium.spaces.Box(-1.0, 1.0, (actions,), np.float32)
    return env
