"""The joint positions whose tool point is nearest to one that may be out of reach."""

import numpy as np

from robot.command import Vector
from robot.model import ArmModel

_STEPS = 40
_FLAT = 1e-5  # [m²/rad] of slope below which a pose is as near as it gets
_LEAST_DAMPING = 1e-9  # [m²] keeps steps finite where the arm is stretched
_BETTER = 1e-3  # [m] by which a pose far away must be nearer to be taken


def nearest_reach(
    model: ArmModel, point: Vector, near: Vector, *, everywhere: bool = True
) -> Vector:
    """Return joint positions [n] [rad] within limits, tool point as close to ``point`` as it gets.

    point: [3] in the base frame [m]. The tool may lean as it will. Searches downhill from ``near``
    [n]; ``everywhere``, which takes ten times as long, also from the arm's named poses, in case
    that is a dead end.
    """
    best = _descend(model, point, near)
    distance = _distance(model, point, best)
    for start in model.named_poses.values() if everywhere else ():
        if distance < _BETTER:
            break
        other = _descend(model, point, start)
        if (there := _distance(model, point, other)) < distance - _BETTER:
            best, distance = other, there
    return best


def _descend(model: ArmModel, point: Vector, start: Vector) -> Vector:
    """Return the end of the way downhill from ``start``: Levenberg and Marquardt within limits.

    A joint at its limit that would go beyond it takes no part in a step (Bertsekas, "Projected
    Newton methods", 1982).
    """
    q: Vector = np.clip(start, model.lower, model.upper)
    miss = point - model.kinematics.tool_position(q)
    damping = 1e-4
    for _ in range(_STEPS):
        jacobian = model.kinematics.jacobian(q)[:3]
        downhill = jacobian.T @ miss
        stuck = ((q <= model.lower) & (downhill < 0.0)) | ((q >= model.upper) & (downhill > 0.0))
        free = np.where(stuck, 0.0, jacobian)
        if np.abs(free.T @ miss).max() < _FLAT:
            break
        step = free.T @ np.linalg.solve(free @ free.T + damping * np.eye(3), miss)
        there = np.clip(q + step, model.lower, model.upper)
        left = point - model.kinematics.tool_position(there)
        if left @ left < miss @ miss:
            q, miss, damping = there, left, max(damping / 4.0, _LEAST_DAMPING)
        else:
            damping *= 8.0
    return q


def _distance(model: ArmModel, point: Vector, q: Vector) -> float:
    return float(np.linalg.norm(point - model.kinematics.tool_position(q)))
