"""What environments with goals tell beside their observations: the reward for reaching any goal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from policies.contract import Contract
from policies.errors import PolicyError
from policies.observation import GOAL_PARTS

if TYPE_CHECKING:
    import gymnasium

Array = NDArray[np.float32]


class GoalRewards:
    """The reward function of a goal environment, for many steps and goals at once.

    Plappert et al. 2018, "Multi-Goal Reinforcement Learning", section 1.3: the environment's
    ``compute_reward(achieved_goal, desired_goal, info)`` is a function of nothing else.

    Raises PolicyError if ``env`` is no goal environment.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], contract: Contract) -> None:
        self._name = contract.env_id
        self._compute = getattr(env.unwrapped, "compute_reward", None)
        if not contract.observation.goal:
            raise PolicyError(
                f"{self._name} has no goals to relabel: its observations are no Dict of "
                f"{', '.join(GOAL_PARTS)}; leave --relabel out"
            )
        if not callable(self._compute):
            raise PolicyError(
                f"{self._name} has no compute_reward(achieved_goal, desired_goal, info) to judge "
                "relabelled goals by; leave --relabel out"
            )

    def __call__(self, achieved: Array, desired: Array) -> Array:
        """Return the rewards [...] of steps that achieved [..., g] where desired [..., g] was.

        Raises PolicyError if the environment does not answer with a number for each.
        """
        shape = achieved.shape[:-1]
        flat = (-1, achieved.shape[-1])
        assert self._compute is not None
        answer = self._compute(achieved.reshape(flat), desired.reshape(flat), {})
        rewards = np.asarray(answer, np.float32)
        if rewards.shape != (achieved[..., 0].size,):
            raise PolicyError(
                f"{self._name}: compute_reward answered {rewards.shape} for goals of shape "
                f"{achieved.reshape(flat).shape}; it must judge a batch of them"
            )
        return rewards.reshape(shape)
