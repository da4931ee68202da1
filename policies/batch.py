"""The transitions that one gradient step learns from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Transitions of ``b`` time steps; all arrays are float32.

    observation: [b, o] what was seen.
    action: [b, a] what was done, in [-1, 1].
    reward: [b] what was earned; the discounted sum of n rewards for n-step returns.
    next_observation: [b, o] what was seen then, n steps later.
    discount: [b] gamma ** n, times 0 where the episode terminated. An episode that was only
        truncated by a time limit keeps its discount: the value beyond it is bootstrapped.
    """

    observation: NDArray[np.float32]
    action: NDArray[np.float32]
    reward: NDArray[np.float32]
    next_observation: NDArray[np.float32]
    discount: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.reward)
