"""The held-out grid: fixed conditions at the edges of a randomization and beyond them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.conditions import PER_JOINT, Conditions, impossible
from sim.randomization import (
    Randomization,
    Range,
    Ranges,
    each_range,
    joint_ranges,
    per_joint,
)

BEYOND = 0.25  # share of a range's width by which cells lie outside it
TOGETHER = 4  # cells with every condition at an edge at once
SEED = 20240501  # of the signs in cells that hold several values


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of the grid: what varies there (``all`` for everything) and the conditions."""

    name: str
    parameter: str
    conditions: Conditions


def grid_cells(randomization: Randomization, joints: int = 5) -> list[Cell]:
    """Return the cells of ``randomization``, always the same ones, ``middle`` first.

    Each condition takes both edges of its range and the points a quarter of its width past
    them, as far as they are possible, with the others in the middle of theirs; then all are at
    edges at once. Per-joint conditions are that far from the middle on every joint, to either
    side. A range without width has no cells.
    """
    random = np.random.default_rng(SEED)
    ranges = {
        name: own
        for name, own in randomization.ranges().items()
        if any(low < high for low, high in each_range(own))
    }
    middle = {name: _middle(name, r, joints) for name, r in randomization.ranges().items()}
    cells = [Cell("middle", "middle", Conditions(**middle))]
    for name, own in ranges.items():
        signs = random.choice([-1.0, 1.0], joints)
        each = joint_ranges(own, joints) if name in PER_JOINT else [own]
        for place, points in _places(each).items():
            if any(impossible(name, point) for point in points):
                continue
            value = _spread(points, each, signs) if name in PER_JOINT else points[0]
            cells.append(Cell(f"{name} {place}", name, Conditions(**{**middle, name: value})))
    for number in range(TOGETHER if ranges else 0):
        edges = {name: _edge(name, own, joints, random) for name, own in ranges.items()}
        cells.append(Cell(f"all {number + 1}", "all", Conditions(**{**middle, **edges})))
    return cells


def _middle(name: str, ranges: Ranges, joints: int) -> Any:
    middles = [0.5 * (low + high) for low, high in each_range(ranges)]
    return tuple(middles) if len(middles) > 1 else per_joint(name, middles[0], joints)


def _places(each: list[Range]) -> dict[str, list[float]]:
    """Return both edges and the points past them, of each range."""
    pasts = [BEYOND * (high - low) for low, high in each]
    return {
        "below": [low - past for (low, _), past in zip(each, pasts, strict=True)],
        "low": [low for low, _ in each],
        "high": [high for _, high in each],
        "above": [high + past for (_, high), past in zip(each, pasts, strict=True)],
    }


def _edge(name: str, ranges: Ranges, joints: int, random: np.random.Generator) -> Any:
    """Return an edge drawn from the range, on each joint where the condition has joints."""
    each = each_range(ranges)
    if len(each) > 1:
        highs = random.choice([False, True], joints).tolist()
        return tuple(own[high] for own, high in zip(each, highs, strict=True))
    if name in PER_JOINT:
        return tuple(random.choice(each[0], joints).tolist())
    return float(random.choice(each[0]))


def _spread(
    points: list[float], each: list[Range], signs: np.ndarray[Any, Any]
) -> tuple[float, ...]:
    """Return each joint's point on some joints, its mirror image in the range on the others."""
    return tuple(
        point if sign > 0 else low + high - point
        for point, (low, high), sign in zip(points, each, signs.tolist(), strict=True)
    )
