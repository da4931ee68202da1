"""The held-out grid: fixed conditions at the edges of a randomization and beyond them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.conditions import NON_NEGATIVE, PER_JOINT, POSITIVE, Conditions
from sim.randomization import Randomization, per_joint

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
    ranges = {n: r for n, r in randomization.ranges().items() if r[0] < r[1]}
    middle = {
        name: per_joint(name, 0.5 * (low + high), joints)
        for name, (low, high) in randomization.ranges().items()
    }
    cells = [Cell("middle", "middle", Conditions(**middle))]
    for name, (low, high) in ranges.items():
        past = BEYOND * (high - low)
        points = {"below": low - past, "low": low, "high": high, "above": high + past}
        signs = random.choice([-1.0, 1.0], joints)
        for place, point in points.items():
            if not _possible(name, point):
                continue
            value = _spread(point, low + high, signs) if name in PER_JOINT else point
            cells.append(Cell(f"{name} {place}", name, Conditions(**{**middle, name: value})))
    for number in range(TOGETHER if ranges else 0):
        edges: dict[str, Any] = {}
        for name, (low, high) in ranges.items():
            size = joints if name in PER_JOINT else None
            drawn = random.choice([low, high], size)
            edges[name] = tuple(drawn.tolist()) if size else float(drawn)
        cells.append(Cell(f"all {number + 1}", "all", Conditions(**{**middle, **edges})))
    return cells


def _possible(name: str, value: float) -> bool:
    return not ((name in POSITIVE and value <= 0.0) or (name in NON_NEGATIVE and value < 0.0))


def _spread(point: float, ends: float, signs: np.ndarray[Any, Any]) -> tuple[float, ...]:
    """Return ``point`` on some joints and its mirror image in the range on the others."""
    return tuple(point if sign > 0 else ends - point for sign in signs.tolist())
