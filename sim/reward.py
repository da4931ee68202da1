"""The reward of the grasp task: named terms times a table of scales."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from robot.errors import UnknownNameError

Terms = dict[str, float]


class Scales:
    """A table of what each term is worth, by the term's name."""

    __slots__ = ()

    def total(self, terms: Terms) -> float:
        """Return the sum of the terms, each times its scale."""
        return sum(float(getattr(self, name)) * term for name, term in terms.items())


S = TypeVar("S", bound=Scales)


@dataclass(frozen=True, slots=True)
class RewardScales(Scales):
    """What each term is worth."""

    distance: float = -0.1
    """A step, for each 5 cm between tool and block, seen from above."""
    grasp: float = 5.0
    """A block lifted and still held when the episode ends."""


REWARDS = {
    "default": RewardScales(),
    "precise": RewardScales(distance=-1.0),  # a second at 1 cm beside the block costs 4
}
"""Scales by name. Jaws sweep up a block that they miss by 1 cm, but not every real one."""


def named_scales(scales: str | S, known: Mapping[str, S]) -> S:
    """Return the ``known`` scales of that name. Raises UnknownNameError with the valid names."""
    if not isinstance(scales, str):
        return scales
    if scales not in known:
        raise UnknownNameError("reward", scales, known)
    return known[scales]


def grasp_reward(observation: NDArray[np.float32], success: bool | None) -> Terms:
    """Return the unscaled terms of one step; ``success`` is None before the grasp."""
    x, y = observation[:2].tolist()
    return {"distance": math.hypot(x, y), "grasp": 1.0 if success else 0.0}
