"""Demonstrations of the tiny environments, by whoever knows where the target is."""

from collections.abc import Callable
from typing import Any

import numpy as np

from policies.contract import Contract
from policies.trajectory import Trajectory


def shown(make_env: Callable[[], Any], count: int, first_seed: int = 0) -> list[Trajectory]:
    """Return ``count`` episodes in which the target is walked to straight."""
    env = make_env()
    contract = Contract.of(env, "Reach-v0")
    return [_episode(env, contract, first_seed + i) for i in range(count)]


def _episode(env: Any, contract: Contract, seed: int) -> Trajectory:
    pack = contract.observation.pack
    observation, info = env.reset(seed=seed)
    seen, actions, rewards = [pack(observation, info.get("privileged"))], [], []
    over = False
    while not over:
        action = np.clip([2 * env.offset], -1, 1).astype(np.float32)
        observation, reward, terminated, truncated, info = env.step(contract.rescale(action))
        seen.append(pack(observation, info.get("privileged")))
        actions.append(action)
        rewards.append(reward)
        over = terminated or truncated
    done = np.array(rewards, np.float32)
    return Trajectory(np.stack(seen), np.stack(actions), done, terminated)
