"""Ways between poses that keep out of the table and of the arm's own base."""

from itertools import pairwise

import numpy as np

from robot.command import Vector
from robot.errors import UnreachableError
from robot.model import ArmModel

_STEP = 0.02  # [rad] between two poses that are looked at; 6 mm of arc at most
_RISES = (0.1, 0.2, 0.35, 0.6, 1.0)  # shares of the way home that are tried as a detour


def clear_way(model: ArmModel, start: Vector, goal: Vector) -> list[Vector]:
    """Return the poses [n] [rad] to pass, the last one ``goal``, on straight joint lines.

    Where the direct line leads into a keep-out, both ends are first raised towards home, as
    little as that takes. An arm that starts inside a keep-out may only come out of it.
    Raises UnreachableError if there is no such way.
    """
    if _clear(model, start, goal):
        return [goal]
    for rise in _RISES:
        raised = [pose + rise * (model.home - pose) for pose in (start, goal)]
        way = [start, *raised, goal]
        if all(_clear(model, a, b) for a, b in pairwise(way)):
            return [*raised, goal]
    raise UnreachableError(
        f"no way from {np.round(start, 2)} to {np.round(goal, 2)} rad keeps out of table and base"
    )


def is_clear(model: ArmModel, pose: Vector) -> bool:
    """Return whether ``pose`` [n] [rad] is within the joint limits and out of every keep-out."""
    inside = (pose >= model.lower).all() and (pose <= model.upper).all()
    return bool(inside) and max(_depth(model, pose)) <= 0.0


def _clear(model: ArmModel, start: Vector, goal: Vector) -> bool:
    count = max(2, int(np.ceil(np.abs(goal - start).max() / _STEP)) + 1)
    allowed = _depth(model, start)
    for part in np.linspace(0.0, 1.0, count)[1:]:
        depths = _depth(model, start + part * (goal - start))
        if any(depth > most for depth, most in zip(depths, allowed, strict=True)):
            return False
        allowed = (min(allowed[0], depths[0]), min(allowed[1], depths[1]))
    return True


def _depth(model: ArmModel, pose: Vector) -> tuple[float, float]:
    return model.keep_out.depths(model.kinematics.points(pose))
