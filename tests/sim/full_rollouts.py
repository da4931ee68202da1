"""Episodes of the full grasp and of placing, playable in other processes too."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.experts import expert_of
from sim.grasp_env import GraspEnv

Array = NDArray[np.float32]
Act = Callable[[Array], Array]
Place = tuple[float, float, float]


def full_env(randomization: str = "off", task: str = "full", arm: str = "dofbot") -> GraspEnv:
    return GraspEnv(arm, task=task, randomization=randomization)


def expert(env: GraspEnv) -> Act:
    return expert_of(env.task).act


def play(
    env: GraspEnv, act: Act, place: Place | None = None, seed: int = 0
) -> tuple[int, bool, bool, dict[str, Any]]:
    """Play an episode; return its steps, how it ended (terminated, truncated), its last info."""
    observation, _ = env.reset(seed=seed, options=None if place is None else {"block": place})
    steps, over = 0, False
    while not over:
        observation, _, terminated, truncated, info = env.step(act(observation))
        steps, over = steps + 1, terminated or truncated
    return steps, terminated, truncated, info


def succeeds(env: GraspEnv, act: Act, place: Place | None = None, seed: int = 0) -> bool:
    return bool(play(env, act, place, seed)[3]["is_success"])


def trace(env: GraspEnv, seed: int) -> list[bytes]:
    """Return every observation and reward of the expert's episode, bit for bit."""
    act, over = expert(env), False
    observation, _ = env.reset(seed=seed)
    moments = [observation.tobytes()]
    while not over:
        observation, reward, terminated, truncated, _ = env.step(act(observation))
        moments.append(observation.tobytes() + np.float64(reward).tobytes())
        over = terminated or truncated
    return moments


def trace_digest(seed: int, task: str = "full") -> str:
    """Return a digest of the trace of an episode of a fresh environment."""
    env = full_env("default", task)
    moments = trace(env, seed)
    env.close()
    return hashlib.sha256(b"".join(moments)).hexdigest()


def misses(
    randomization: str, seeds: Iterable[int], task: str = "full", arm: str = "dofbot"
) -> list[int]:
    """Return the seeds of which the scripted expert does not do the task."""
    env = full_env(randomization, task, arm)
    act = expert(env)
    missed = [seed for seed in seeds if not succeeds(env, act, seed=seed)]
    env.close()
    return missed
