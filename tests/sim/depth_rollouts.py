"""Episodes of the depth environment, playable in other processes too."""

import hashlib
from typing import Any

import numpy as np
from grasp_rollouts import random_actions

from sim.depth_env import DepthGraspEnv

Observation = dict[str, Any]


def depth_trace(env: DepthGraspEnv, seed: int, steps: int = 100) -> list[bytes]:
    """Return every observation, reward and hint of an episode, bit for bit."""

    def moment(observation: Observation, info: dict[str, Any], reward: float = 0.0) -> bytes:
        seen = observation["depth"].tobytes() + observation["state"].tobytes()
        return seen + info["privileged"].tobytes() + np.float64(reward).tobytes()

    moments = [moment(*env.reset(seed=seed))]
    for action in random_actions(seed, steps):
        observation, reward, _, _, info = env.step(action)
        moments.append(moment(observation, info, float(reward)))
    return moments


def depth_trace_digest(seed: int) -> str:
    """Return a digest of the trace of an episode of a fresh, randomized environment."""
    env = DepthGraspEnv(randomization="wide")
    moments = depth_trace(env, seed)
    env.close()
    return hashlib.sha256(b"".join(moments)).hexdigest()
