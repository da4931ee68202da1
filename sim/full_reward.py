"""The reward of the full grasp: named terms times a table of scales."""

import math
from dataclasses import dataclass

from robot.full_task import Pose
from sim.reward import Scales, Terms

NEAR = 0.015  # [m] within which, and within as much of turn, closing the jaws counts
ALIGNED = math.radians(20)  # [rad]


@dataclass(frozen=True, slots=True)
class FullRewardScales(Scales):
    """What each term is worth. All but the last are costs of a step, none at the goal: nothing is
    earned by staying anywhere, and the earlier the block is up the better."""

    reach: float = -0.1
    """For each 5 cm between the tool and where it grasps the block, wherever that is now."""
    turn: float = -0.1
    """For each 45° between jaws and block."""
    grip: float = -0.2
    """While the jaws are not closed around the block."""
    lift: float = -0.2
    """While the block is not up, by the share that is left."""
    grasp: float = 5.0
    """A block lifted and still held half a second later."""


FULL_REWARDS = {"default": FullRewardScales()}
"""Scales by name."""


def full_reward(offset: Pose, closed: float, lifted: float, success: bool) -> Terms:
    """Return the unscaled terms of one step.

    offset: from the tool to where it grasps the block [m], [rad]. closed: how far the jaws are,
    0 open to 1 at the block's width. lifted: height of the block, 1 where it counts as up.
    """
    x, y, z, turn = offset
    distance = math.sqrt(x * x + y * y + z * z)
    near = around(distance, turn)
    return {
        "reach": distance / 0.05,
        "turn": abs(turn) / math.radians(45),
        "grip": 1.0 - max(near * closed, lifted),
        "lift": 1.0 - lifted,
        "grasp": 1.0 if success else 0.0,
    }


def around(distance: float, turn: float) -> float:
    """Return how surely jaws that close ``distance`` [m] and ``turn`` [rad] beside where the block
    is grasped close around it, 0 to 1."""
    return max(0.0, 1.0 - distance / NEAR) * max(0.0, 1.0 - abs(turn) / ALIGNED)
