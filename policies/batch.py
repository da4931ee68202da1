"""The transitions that one gradient step learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.observation import ObservationSpec


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Transitions of ``b`` time steps; all arrays are float32 but observations with an image.

    observation: [b, ...] what was seen, packed as `ObservationSpec` says.
    action: [b, a] what was done, in [-1, 1].
    reward: [b] what was earned; the discounted sum of n rewards for n-step returns.
    next_observation: [b, ...] what was seen then, n steps later.
    discount: [b] gamma ** n, times 0 where the episode terminated. An episode that was only
        truncated by a time limit keeps its discount: the value beyond it is bootstrapped.
    """

    observation: NDArray[Any]
    action: NDArray[np.float32]
    reward: NDArray[np.float32]
    next_observation: NDArray[Any]
    discount: NDArray[np.float32]

    @classmethod
    def empty(cls, rows: int, spec: ObservationSpec, action_size: int) -> Batch:
        """Return a batch of ``rows`` to be written."""
        return cls(
            np.empty((rows, *spec.shape), spec.dtype),
            np.empty((rows, action_size), np.float32),
            np.empty(rows, np.float32),
            np.empty((rows, *spec.shape), spec.dtype),
            np.empty(rows, np.float32),
        )

    def __len__(self) -> int:
        return len(self.reward)

    def part(self, rows: slice) -> Batch:
        """Return views of some rows."""
        return Batch(
            self.observation[rows],
            self.action[rows],
            self.reward[rows],
            self.next_observation[rows],
            self.discount[rows],
        )
