"""Where the objects of clutter lie: at random, beside one another."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot.grasp_zone import GraspZone
from sim.object_families import Split, make_object
from sim.objects import Points, placed

MOST = 5  # objects at once
GAP = 0.004  # [m] between points of two footprints, at least
TRIES = 60  # places looked at for an object
ATTEMPTS = 8  # to find room for all of them
_CELL, _SIDE = 0.002, 128  # [m], cells: a map of what is taken, 26 cm wide
_REACH = int(GAP / _CELL)  # cells


class Placed(NamedTuple):
    """Object ``number`` with its centre of mass at x and y [m], turned by yaw [rad]."""

    number: int
    x: float
    y: float
    yaw: float


Layout = tuple[Placed, ...]


def draw_layout(
    split: Split, first: tuple[float, ...], zone: GraspZone, random: np.random.Generator
) -> Layout:
    """Return 1 to 5 objects of ``split`` in the spawn area of ``zone``, none upon another.

    first: x and y [m] and perhaps yaw [rad] of the first one. Those for which no room is found,
    even in a few attempts, are left out.
    """
    count = int(random.integers(1, MOST + 1))
    numbers = random.choice(split.numbers, count, replace=False).tolist()
    layouts: list[Layout] = []
    while len(layouts) < ATTEMPTS and (not layouts or len(layouts[-1]) < count):
        layouts.append(_laid(numbers, first, zone, random))
    return max(layouts, key=len)


def _laid(
    numbers: list[int], first: tuple[float, ...], zone: GraspZone, random: np.random.Generator
) -> Layout:
    """Return those of the objects that find room one after the other, the first at ``first``."""
    middle, size = np.array(zone.area_centre), np.array(zone.area_size)
    layout: list[Placed] = []
    taken = _Taken(middle)
    x, y, yaw, *_ = (*first, 0.0)
    places = np.array([(x, y)])
    for number in numbers:
        footprint = placed(make_object(number).footprint, 0.0, 0.0, yaw)
        free = np.flatnonzero(taken.free(footprint, places))
        if len(free):
            x, y = places[free[0]].tolist()
            taken.take(footprint + places[free[0]])
            layout.append(Placed(number, x, y, yaw))
        yaw = float(random.uniform(-np.pi, np.pi))
        places = random.uniform(middle - size / 2, middle + size / 2, (TRIES, 2))
    return tuple(layout)


class _Taken:
    """Which cells of the table are nearer than the gap to something."""

    def __init__(self, middle: Points) -> None:
        self._corner = middle - _CELL * _SIDE / 2
        self._cells: NDArray[np.bool_] = np.zeros((_SIDE, _SIDE), np.bool_)
        x, y = np.meshgrid(*[np.arange(-_REACH, _REACH + 1)] * 2)
        near = x * x + y * y <= (GAP / _CELL) ** 2
        self._around = np.stack([x[near], y[near]], axis=-1)

    def free(self, footprint: Points, places: Points) -> NDArray[np.bool_]:
        """Return at which of ``places`` [p, 2] a ``footprint`` [n, 2] has room, [p]."""
        x, y = np.moveaxis(self._cell(footprint + places[:, None]), -1, 0)
        room: NDArray[np.bool_] = ~self._cells[x, y].any(axis=1)
        return room

    def take(self, points: Points) -> None:
        """Take what is below ``points`` [n, 2] and the gap around it."""
        x, y = np.moveaxis(self._cell(points)[:, None] + self._around, -1, 0)
        self._cells[x, y] = True

    def _cell(self, points: Points) -> NDArray[np.intp]:
        cells = np.rint((points - self._corner) / _CELL)
        return np.clip(cells, _REACH, _SIDE - 1 - _REACH).astype(np.intp)
