"""Episodes of the grasp environment, playable in other processes too."""

import hashlib
from collections.abc import Callable, Iterable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sim.bullet import pybullet
from sim.expert import GraspExpert
from sim.grasp_env import GraspEnv

Array = NDArray[np.float32]
Act = Callable[[Array], Array]

PLACES = tuple(product((0.20, 0.24), (-0.04, 0.0, 0.04)))  # [m] of a block, all over the area
LENGTH = 0.05  # [m] that reads as 1 in an observation


def random_actions(seed: int, steps: int = 100) -> Array:
    return np.random.default_rng(seed).uniform(-1, 1, (steps, 2)).astype(np.float32)


def trace(env: GraspEnv, seed: int, actions: Array) -> list[bytes]:
    """Return every observation and reward of an episode, bit for bit."""
    observation, _ = env.reset(seed=seed)
    moments = [observation.tobytes()]
    for action in actions:
        observation, reward, *_ = env.step(action)
        moments.append(observation.tobytes() + np.float64(reward).tobytes())
    return moments


def trace_digest(seed: int) -> str:
    """Return a digest of the trace of an episode of a fresh environment."""
    env = GraspEnv()
    moments = trace(env, seed, random_actions(seed))
    env.close()
    return hashlib.sha256(b"".join(moments)).hexdigest()


def play(env: GraspEnv, act: Act, place: tuple[float, float] | None = None, seed: int = 0) -> bool:
    """Play an episode, the block at ``place`` if given, and return whether it succeeded."""
    options = None if place is None else {"block": place}
    observation, _ = env.reset(seed=seed, options=options)
    while True:
        observation, _, terminated, _, info = env.step(act(observation))
        if terminated:
            return bool(info["is_success"])


def expert_misses(seeds: Iterable[int]) -> list[int]:
    """Return the seeds of which the scripted expert misses the block."""
    env = GraspEnv()
    missed = [seed for seed in seeds if not play(env, GraspExpert().act, seed=seed)]
    env.close()
    return missed


def true_offset(env: GraspEnv) -> Array:
    """Return the block relative to the tool [3] as PyBullet has them, in observed units."""
    arm = env.scene.arm
    tool = pybullet.getLinkState(
        arm.body,
        arm.index["tool_joint"],
        computeForwardKinematics=True,
        physicsClientId=env.scene.world.client,
    )[4]
    return np.array(np.subtract(env.scene.block().position, tool) / LENGTH, np.float32)
