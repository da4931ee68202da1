"""The reward of the grasp task: named terms times a table of scales."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Terms = dict[str, float]


@dataclass(frozen=True, slots=True)
class RewardScales:
    """What each term is worth."""

    distance: float = -0.1
    """A step, for each 5 cm between tool and block, seen from above."""
    grasp: float = 5.0
    """A block lifted and still held when the episode ends."""

    def total(self, terms: Terms) -> float:
        """Return the sum of the terms, each times its scale."""
        return self.distance * terms["distance"] + self.grasp * terms["grasp"]


def grasp_reward(observation: NDArray[np.float32], success: bool | None) -> Terms:
    """Return the unscaled terms of one step; ``success`` is None before the grasp."""
    x, y = observation[:2].tolist()
    return {"distance": math.hypot(x, y), "grasp": 1.0 if success else 0.0}
