"""Where a block appears: uniformly over an area that grows along x with the curriculum level."""

import math

import numpy as np

from robot.errors import RobotError
from robot.grasp_zone import GraspZone

LEVELS = 4
EARLIER = 0.25  # probability of an earlier level, so that what was learned there stays learned


def draw_level(level: int, random: np.random.Generator) -> int:
    """Return ``level`` or, now and then, an earlier one. Raises RobotError for no level."""
    if level not in range(LEVELS):
        raise RobotError(f"curriculum level {level!r} is not one of 0 to {LEVELS - 1}")
    if level > 0 and random.random() < EARLIER:
        return int(random.integers(level))
    return int(level)


def draw_place(zone: GraspZone, level: int, random: np.random.Generator) -> tuple[float, float]:
    """Return a random (x, y) [m] in the spawn area of ``level``.

    Its width along y is always whole; its depth along x is 0, 1/3, 2/3, 1 of the zone's.
    """
    x, y = zone.draw_place(random)
    if level < LEVELS - 1:
        middle = zone.area_centre[0]
        x = middle + (x - middle) * level / (LEVELS - 1)
    return x, y


def draw_turn(random: np.random.Generator) -> float:
    """Return a random turn [rad], uniform within the quarter that tells a cube's turns apart."""
    return float(random.uniform(-math.pi / 4, math.pi / 4))
