"""Environments that are learned in seconds or built to go wrong."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict

from policies.sac import SACConfig

QUICK_LEARNER = SACConfig(
    hidden=(32, 32),
    batch_size=64,
    threads=1,
    learning_rate=3e-3,
    alpha_learning_rate=3e-3,
    gamma=0.9,
    init_alpha=0.1,
)
"""Learns Reach and its like in seconds."""


class Reach(gymnasium.Env[Any, Any]):
    """Walk along a line to a target seen from here; success is being within 0.1 at the end."""

    observation_space = Box(-2, 2, (1,), np.float32)
    action_space = Box(-0.5, 0.5, (1,), np.float32)

    def __init__(self, steps: int = 8) -> None:
        self.steps = steps

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.left = self.steps
        self.offset = self.np_random.uniform(-1, 1) * (options or {}).get("spread", 1.0)
        return self._observation(), {}

    def step(self, action: Any) -> Any:
        self.left -= 1
        self.offset = float(np.clip(self.offset - action[0], -2, 2))
        reward = -abs(self.offset)
        info = {"reward_terms": {"distance": reward}, "is_success": abs(self.offset) < 0.1}
        return self._observation(), reward, False, self.left == 0, info

    def _observation(self) -> Any:
        return np.array([self.offset], np.float32)


class Broken(Reach):
    """Answers NaN in its third step."""

    def step(self, action: Any) -> Any:
        observation, reward, *rest = super().step(action)
        return observation, (float("nan") if self.left == self.steps - 3 else reward), *rest


class Forgetful(Reach):
    """Ignores its seed, so that no replay repeats."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(seed=None, options=options)


class Reusing(Reach):
    """Writes every observation into one and the same array."""

    def __init__(self, steps: int = 8) -> None:
        super().__init__(steps)
        self._array = np.zeros(1, np.float32)

    def _observation(self) -> Any:
        self._array[0] = self.offset
        return self._array


class SeenReach(Reach):
    """Reach, the offset shown as a bright column of an image, the steps left as a number."""

    def __init__(self, steps: int = 8, size: int = 16) -> None:
        super().__init__(steps)
        self.size = size
        self.observation_details = {"scale": 4.0, "unit": "m"}
        self.observation_space = Dict(
            {
                "seen": Box(0, 255, (size, size, 1), np.uint8),
                "clock": Box(0, 1, (2,), np.float32),
            }
        )

    def _observation(self) -> Any:
        image = np.zeros((self.size, self.size, 1), np.uint8)
        image[:, min(self.size - 1, int((self.offset + 2) / 4 * self.size))] = 255
        return {"seen": image, "clock": np.array([self.left / self.steps, 1], np.float32)}


class SeenBroken(SeenReach):
    """Answers NaN in its third step, in the numbers beside the image."""

    def _observation(self) -> Any:
        observation = super()._observation()
        if self.left == self.steps - 3:
            observation["clock"][0] = np.nan
        return observation


class Promising(SeenReach):
    """Tells one number in training; in its third step ``told``, or nothing if that is None."""

    privileged_size = 1

    def __init__(self, told: float | None) -> None:
        super().__init__()
        self._told = told

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        observation, _ = super().reset(seed=seed, options=options)
        return observation, {"privileged": [0.0]}

    def step(self, action: Any) -> Any:
        *answer, info = super().step(action)
        told = self._told if self.left == self.steps - 3 else 0.0
        return *answer, info | ({} if told is None else {"privileged": [told]})


class Leveled(Reach):
    """Reach, with targets farther off at each level; now and then of an earlier one."""

    curriculum_levels = 3

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.level = self._level((options or {}).get("level"))
        self.offset *= (self.level + 1) / self.curriculum_levels
        return self._observation(), {}

    def step(self, action: Any) -> Any:
        *rest, info = super().step(action)
        return *rest, info | {"level": self.level}

    def _level(self, asked: int | None) -> int:
        if asked is None:
            return self.curriculum_levels - 1
        return int(self.np_random.integers(asked + 1)) if self.np_random.random() < 0.2 else asked
