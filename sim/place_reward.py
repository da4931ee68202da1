"""The reward of placing: that of the full grasp until the block is near its target, then more."""

import math
from dataclasses import dataclass

from robot.full_task import Pose
from sim.full_reward import around
from sim.reward import Scales, Terms

HIGH = 0.03  # [m] a block that high is high enough to be carried
AT_TARGET, ON_WAY = 0.01, 0.04  # [m] from the target: within the first it is to be put down


@dataclass(frozen=True, slots=True)
class PlaceRewardScales(Scales):
    """What each term is worth. All but the last are costs of a step, none at the goal: nothing is
    earned by staying anywhere, and the earlier the block is put down the better."""

    reach: float = -0.1
    """For each 5 cm between the tool and where it grasps the block, while that is on its way."""
    turn: float = -0.1
    """For each 45° between jaws and block, likewise."""
    grip: float = -0.2
    """While the jaws are not closed around a block on its way."""
    lift: float = -0.2
    """While a block on its way is not up by 3 cm, by the share that is left."""
    carry: float = -0.2
    """For each 5 cm between the block and its target."""
    lower: float = -0.2
    """While the block is not down at its target, by the share of 3 cm up and 3 cm away."""
    release: float = -0.2
    """While it is not down there with the jaws open, by how far they are closed."""
    place: float = 5.0
    """A block put on its target, let go of, and still there half a second later."""


PLACE_REWARDS = {"default": PlaceRewardScales()}
"""Scales by name."""


def place_reward(
    offset: Pose, closed: float, height: float, left: float, carried: bool, success: bool
) -> Terms:
    """Return the unscaled terms of one step.

    offset: from the tool to where it grasps the block [m], [rad]. closed: how far the jaws are,
    0 open to 1 at the block's width. height: of the block above the table [m]. left: how far it
    is from its target [m]. carried: whether it was lifted and not dropped; one that was only
    pushed is on its way wherever it is.
    """
    x, y, z, turn = offset
    distance = math.sqrt(x * x + y * y + z * z)
    up = min(1.0, max(0.0, height / HIGH))
    way = min(1.0, max(0.0, (left - AT_TARGET) / (ON_WAY - AT_TARGET))) if carried else 1.0
    down = (1.0 - way) * (1.0 - up)
    return {
        "reach": way * distance / 0.05,
        "turn": way * abs(turn) / math.radians(45),
        "grip": way * (1.0 - max(around(distance, turn) * closed, up)),
        "lift": way * (1.0 - up),
        "carry": left / 0.05,
        "lower": 1.0 - down,
        "release": 1.0 - down * (1.0 - closed),
        "place": 1.0 if success else 0.0,
    }
