"""Environments with goals, as Gymnasium lays them out, that are learned in seconds or go wrong."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict

NEAR = 0.15


class GoalWalk(gymnasium.Env[Any, Any]):
    """Walk in the plane to a goal; nothing but being there is rewarded, and it ends the episode."""

    action_space = Box(-0.4, 0.4, (2,), np.float32)
    observation_space = Dict(
        {
            "observation": Box(0, 1, (1,), np.float64),
            "achieved_goal": Box(-2, 2, (2,), np.float64),
            "desired_goal": Box(-1, 1, (2,), np.float64),
        }
    )

    def __init__(self, steps: int = 10) -> None:
        self.steps = steps

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.left = self.steps
        self.place = np.zeros(2)
        self.goal = self.np_random.uniform(-1, 1, 2)
        return self._observation(), {}

    def step(self, action: Any) -> Any:
        self.left -= 1
        self.place = np.clip(self.place + action, -2, 2)
        reward = float(self.compute_reward(self.place, self.goal, {}))
        reached = reward == 0.0
        return self._observation(), reward, reached, self.left == 0, {"is_success": reached}

    def compute_reward(self, achieved: Any, desired: Any, info: Any) -> Any:
        return -(np.linalg.norm(achieved - desired, axis=-1) > NEAR).astype(np.float64)

    def _observation(self) -> Any:
        return {
            "observation": np.array([self.left / self.steps]),
            "achieved_goal": self.place.copy(),
            "desired_goal": self.goal.copy(),
        }


class Unjudged(GoalWalk):
    """Cannot say what another goal would have earned."""

    compute_reward = None  # type: ignore[assignment]

    def step(self, action: Any) -> Any:
        raise NotImplementedError


class OneByOne(GoalWalk):
    """Judges one goal at a time, whatever it is asked."""

    def compute_reward(self, achieved: Any, desired: Any, info: Any) -> Any:
        return -float(np.linalg.norm(achieved - desired) > NEAR)
