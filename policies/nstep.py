"""n-step returns: sums of discounted rewards that end where the episode ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.frames import Numbers

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """A `Batch` whose observations are given by the numbers [b] of their frames."""

    observation: Numbers
    action: Array
    reward: Array
    next_observation: Numbers
    discount: Array

    def __len__(self) -> int:
        return len(self.reward)


class NStepReturns:
    """Turns single steps of many environments into n-step transitions.

    With k ≤ n steps summed, the reward is r_t + γ r_{t+1} + … + γ^{k-1} r_{t+k-1} and the
    discount of the value of the last next_observation γ^k, or 0 after a termination.
    A truncation ends the sum but keeps the discount: the episode was cut, not finished.
    (Sutton & Barto, Reinforcement Learning, 2nd edition, equation 7.1; Pardo et al. 2018.)
    """

    def __init__(self, n: int, gamma: float, num_envs: int, actions: int) -> None:
        self.n, self.gamma = n, gamma
        self._observation = np.zeros((n, num_envs), np.int64)
        self._action = np.zeros((n, num_envs, actions), np.float32)
        self._return = np.zeros((n, num_envs), np.float32)
        self._discount = np.zeros((n, num_envs), np.float32)
        self._open = np.zeros((n, num_envs), np.bool_)

    def push(
        self,
        *,
        observation: Numbers,
        action: Array,
        reward: Array,
        next_observation: Numbers,
        terminated: NDArray[np.bool_],
        truncated: NDArray[np.bool_],
    ) -> Transitions:
        """Add one step of every environment; return the transitions it completed, oldest first.

        Shapes: action [e, a], the others [e]; observations by the numbers of their frames.
        """
        self._roll(observation, action)
        self._return += self._discount * reward
        self._discount *= np.float32(self.gamma)
        ready = self._open & (terminated | truncated)
        ready[-1] = self._open[-1]
        self._open &= ~ready
        # Row 0 is the newest: read from the last row for the order of time.
        age, env = np.nonzero(ready[::-1])
        rows = (self.n - 1 - age, env)
        alive = np.float32(1) - terminated[env].astype(np.float32)
        return Transitions(
            observation=self._observation[rows],
            action=self._action[rows],
            reward=self._return[rows],
            next_observation=next_observation[env],
            discount=self._discount[rows] * alive,
        )

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the open sums, for `load_state`."""
        return {
            "observation": self._observation,
            "action": self._action,
            "return": self._return,
            "discount": self._discount,
            "open": self._open,
        }

    def load_state(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the open sums of an equally shaped instance."""
        for name, array in self.state().items():
            array[...] = arrays[name]

    def _roll(self, observation: Numbers, action: Array) -> None:
        for array in self.state().values():
            array[1:] = array[:-1].copy()
        self._observation[0], self._action[0] = observation, action
        self._return[0], self._discount[0], self._open[0] = 0.0, 1.0, True
