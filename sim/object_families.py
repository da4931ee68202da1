"""Families of objects, drawn procedurally, and the splits that policies are trained and tried on.

All are 16 to 36 mm wide where jaws take them, and 25 to 38 mm high.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from robot.errors import RobotError, UnknownNameError
from sim.objects import GraspObject, Grip, Part

Made = tuple[list[Part], list[Grip]]
Draw = Callable[[float, float], float]

_ACROSS = math.pi / 2
_INSIDE = 0.85  # share of a bar's width at which fingers, wider than it, take it: near the middle


def _box(draw: Draw) -> Made:
    x, y, height = draw(16, 34), draw(18, 36), draw(27, 38)
    return [_bar((-x / 2, x / 2), (-y / 2, y / 2), (0, height))], _pair(x, y)


def _cylinder(draw: Draw) -> Made:
    width, height = draw(20, 36), draw(27, 38)
    return [_disc(width, (0, height))], _all_round(width)


def _ell(draw: Draw) -> Made:
    x, y, bar, height = draw(26, 36), draw(26, 36), draw(13, 17), draw(27, 36)
    parts = [_bar((0, x), (0, bar), (0, height)), _bar((0, bar), (bar, y), (0, height))]
    near = _INSIDE * bar
    return parts, [Grip(near, y / 2, 0.0, y), Grip(x / 2, near, _ACROSS, x)]


def _tee(draw: Draw) -> Made:
    x, bar, stem, length, height = (
        draw(28, 36), draw(13, 17), draw(13, 17), draw(12, 18), draw(27, 36),
    )  # fmt: skip
    parts = [
        _bar((-x / 2, x / 2), (0, bar), (0, height)),
        _bar((-stem / 2, stem / 2), (bar, bar + length), (0, height)),
    ]
    whole = bar + length
    return parts, [Grip(0.0, whole / 2, 0.0, whole), Grip(0.0, _INSIDE * bar, _ACROSS, x)]


def _stacked(draw: Draw) -> Made:
    x, y, low, high = draw(22, 34), draw(22, 36), draw(18, 24), draw(8, 14)
    top_x, top_y = x - draw(6, 12), y - draw(6, 16)
    aside = draw(-3, 3)
    parts = [
        _bar((-x / 2, x / 2), (-y / 2, y / 2), (0, low)),
        _bar((aside - top_x / 2, aside + top_x / 2), (-top_y / 2, top_y / 2), (low, low + high)),
    ]
    return parts, _pair(x, y)


def _cross(draw: Draw) -> Made:
    x, y, bar, height = draw(28, 36), draw(28, 36), draw(13, 17), draw(27, 36)
    parts = [
        _bar((-x / 2, x / 2), (-bar / 2, bar / 2), (0, height)),
        _bar((-bar / 2, bar / 2), (bar / 2, y / 2), (0, height)),
        _bar((-bar / 2, bar / 2), (-y / 2, -bar / 2), (0, height)),
    ]
    return parts, _pair(x, y)


def _capped(draw: Draw) -> Made:
    width, low, high = draw(20, 28), draw(13, 18), draw(13, 18)
    cap = width + draw(4, 8)
    if draw(0, 1) < 0.5:
        return [_disc(width, (0, low)), _disc(cap, (low, low + high))], _all_round(cap)
    half = cap / 2
    return [_disc(width, (0, low)), _bar((-half, half), (-half, half), (low, low + high))], _pair(
        cap, cap
    )


def _channel(draw: Draw) -> Made:
    x, y, arm, floor, height = (
        draw(32, 36), draw(26, 36), draw(10, 12), draw(11, 15), draw(27, 36),
    )  # fmt: skip
    left, right = -x / 2 + arm, x / 2 - arm
    parts = [
        _bar((-x / 2, x / 2), (0, floor), (0, height)),
        _bar((-x / 2, left), (floor, y), (0, height)),
        _bar((right, x / 2), (floor, y), (0, height)),
    ]
    return parts, [
        Grip(left, y / 2, 0.0, y),
        Grip(right, y / 2, 0.0, y),
        Grip(0.0, y / 2, _ACROSS, x),
    ]


def _arch(draw: Draw) -> Made:
    x, y, leg, low, high = draw(28, 36), draw(18, 28), draw(9, 12), draw(9, 14), draw(16, 22)
    parts = [
        _bar((-x / 2, leg - x / 2), (-y / 2, y / 2), (0, low)),
        _bar((x / 2 - leg, x / 2), (-y / 2, y / 2), (0, low)),
        _bar((-x / 2, x / 2), (-y / 2, y / 2), (low, low + high)),
    ]
    return parts, _pair(x, y)


SHOWN: dict[str, Callable[[Draw], Made]] = {
    "box": _box,
    "cylinder": _cylinder,
    "L": _ell,
    "T": _tee,
    "stacked": _stacked,
}
"""Families of objects that policies are trained and validated on."""

HELD_OUT: dict[str, Callable[[Draw], Made]] = {
    "cross": _cross,
    "capped": _capped,
    "channel": _channel,
    "arch": _arch,
}
"""Families that no policy sees in training."""


@dataclass(frozen=True, slots=True)
class Split:
    """Objects from number ``first`` on, so many; their families take turns."""

    first: int
    count: int
    families: dict[str, Callable[[Draw], Made]]

    @property
    def numbers(self) -> range:
        """Return the numbers of its objects."""
        return range(self.first, self.first + self.count)


SPLITS = {
    "train": Split(0, 2000, SHOWN),
    "validation": Split(2000, 500, SHOWN),
    "test": Split(2500, 500, HELD_OUT),
}
"""Splits by name: no object is in two, and the families of the test are in no other."""


SplitName = Literal["train", "validation", "test"]


def find_split(name: str) -> Split:
    """Return the split of that name. Raises UnknownNameError with the valid names."""
    if name not in SPLITS:
        raise UnknownNameError("clutter", name, SPLITS)
    return SPLITS[name]


@cache
def make_object(number: int) -> GraspObject:
    """Return the object of that ``number``, the same at all times. Raises RobotError for none."""
    split = next((split for split in SPLITS.values() if number in split.numbers), None)
    if split is None:
        most = max(split.numbers[-1] for split in SPLITS.values())
        raise RobotError(f"object {number!r} is none of those there are, 0 to {most}")
    family = [*split.families][number % len(split.families)]
    random = np.random.default_rng([number])

    def draw(low: float, high: float) -> float:
        return float(random.uniform(low, high))

    parts, grips = split.families[family](draw)
    # Whatever sizes are drawn in, millimetres, becomes metres; grips count from the centre of mass.
    return _in_metres(number, family, parts, grips)


def _in_metres(number: int, family: str, parts: list[Part], grips: list[Grip]) -> GraspObject:
    whole = GraspObject(
        number,
        family,
        tuple(Part(p.kind, _scaled(p.size), _scaled(p.centre)) for p in parts),
        (),
    )
    x, y, _ = whole.centre.tolist()
    from_centre = tuple(Grip(1e-3 * g.x - x, 1e-3 * g.y - y, g.yaw, 1e-3 * g.width) for g in grips)
    return GraspObject(number, family, whole.parts, from_centre)


def _scaled(lengths: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = lengths
    return 1e-3 * x, 1e-3 * y, 1e-3 * z


def _bar(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Part:
    """Return the box between these bounds."""
    (a, b), (c, d), (e, f) = x, y, z
    return Part("box", (b - a, d - c, f - e), ((a + b) / 2, (c + d) / 2, (e + f) / 2))


def _disc(width: float, z: tuple[float, float]) -> Part:
    low, high = z
    return Part("cylinder", (width, width, high - low), (0.0, 0.0, (low + high) / 2))


def _pair(x: float, y: float) -> list[Grip]:
    """Return the grips across both sides of a rectangle, through its middle."""
    return [Grip(0.0, 0.0, 0.0, y), Grip(0.0, 0.0, _ACROSS, x)]


def _all_round(width: float) -> list[Grip]:
    """Return grips through the middle of what is round, a twelfth of a turn apart."""
    return [Grip(0.0, 0.0, i * math.pi / 12, width) for i in range(12)]
