"""Which object of clutter to take, and how: near the tool, and with room for the jaws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.objects import GraspObject, Grip, Points, placed

JAW = 0.011  # [m] half the width of a finger along the object, and what is wanted beside it
REACH = 0.038  # [m] from the middle to the outer side of an open finger
CROWDED = 4.0  # [m] of way that each metre by which something stands between the jaws is worth
TURN = 0.02  # [m/rad] the same of a turn of the jaws
FALLEN = 0.15  # [m] the same of an object that no longer stands
LIMIT = math.radians(44.9)  # [rad] jaws turn no further from straight


@dataclass(frozen=True, slots=True)
class Standing:
    """An object in the scene: centre of mass at x, y [m], turned by yaw [rad]."""

    thing: GraspObject
    x: float
    y: float
    yaw: float
    upright: bool = True

    def at(self, grip: Grip) -> tuple[float, float, float]:
        """Return x, y [m] and heading [rad] at which jaws take the object by ``grip``."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        x, y = c * grip.x - s * grip.y, s * grip.x + c * grip.y
        return self.x + x, self.y + y, self.yaw + grip.yaw


@dataclass(frozen=True, slots=True)
class Choice:
    """To take the object ``index`` by ``grip``.

    drawback: what speaks against it, in metres of way.
    """

    index: int
    grip: Grip
    drawback: float


def choices(objects: Sequence[Standing], start_turn: float, lean: float) -> list[Choice]:
    """Return the best choice for each object; jaws turn little from ``start_turn`` [rad].

    That is measured from the direction away from the base, in which the tool leans. lean: how far
    fingers that come down reach towards the base, where they are as high as objects [m].
    """
    footprints = [_leant_on(one, lean) for one in objects]
    best = []
    for index, one in enumerate(objects):
        rest = [np.zeros((0, 2)), *footprints[:index], *footprints[index + 1 :]]
        grips = _grips(index, one, start_turn, np.concatenate(rest))
        best.append(min(grips, key=lambda choice: choice.drawback))
    return best


def _leant_on(one: Standing, lean: float) -> Points:
    """Return where fingertips, as they come down, meet the object, or what leans touches it."""
    footprint = placed(one.thing.footprint, one.x, one.y, one.yaw)
    away = np.array([one.x, one.y]) * (lean / math.hypot(one.x, one.y))
    return np.concatenate([footprint, footprint + away / 2, footprint + away])


def _grips(index: int, one: Standing, start_turn: float, others: Points) -> list[Choice]:
    """Return the grips of an object for which the jaws turn little enough, or else by least."""
    turns = [abs(turn_of(*one.at(grip), start_turn)) for grip in one.thing.grips]
    most = max(LIMIT, min(turns))
    found = []
    for grip, turn in zip(one.thing.grips, turns, strict=True):
        if turn <= most:
            worse = CROWDED * _crowded(*one.at(grip), grip.width, others) + TURN * turn
            found.append(Choice(index, grip, worse + (0.0 if one.upright else FALLEN)))
    return found


def turn_of(x: float, y: float, yaw: float, start_turn: float) -> float:
    """Return how far jaws at x, y with heading ``yaw`` are turned from where an episode starts.

    By half turns, which make no difference: within a right angle to either side [rad].
    """
    return math.remainder(yaw - math.atan2(y, x) - start_turn, math.pi)


def _crowded(x: float, y: float, yaw: float, width: float, others: Points) -> float:
    """Return how far ``others`` [n, 2] reach into where fingers come down around ``width`` [m]."""
    c, s = math.cos(yaw), math.sin(yaw)
    dx, dy = others[:, 0] - x, others[:, 1] - y
    across = np.abs(c * dy - s * dx)[np.abs(c * dx + s * dy) < JAW]
    return REACH - max(float(across.min(initial=REACH)), width / 2)
