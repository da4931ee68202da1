"""Where the tool is seen to be from outside the arm, and how that depends on the joints."""

import math
from dataclasses import dataclass

import numpy as np

from robot.command import Vector
from robot.kinematics import Kinematics, Matrix

POSE_SIZE = 4
"""Numbers that a tool is seen by: x, y, z [m] and the heading of its jaws [rad]."""


@dataclass(frozen=True, slots=True, eq=False)
class ToolFix:
    """Tool point and jaw heading as someone outside the arm measured them.

    values: [4] x, y, z in the base frame [m] and the heading [rad] of the block face that the
    jaws close across (see ``robot.pose.tool_pose``); NaN where nobody knows.
    """

    values: Vector

    @property
    def position(self) -> Vector:
        """Return the tool point [3] in the base frame [m]."""
        return self.values[:3]


@dataclass(frozen=True, slots=True)
class FixNoise:
    """Standard deviations of what measures the tool: position [m] an axis, heading [rad]."""

    position: float = 0.0005
    heading: float = math.radians(0.5)

    @property
    def values(self) -> Vector:
        """Return the standard deviations of ``ToolFix.values`` [4]."""
        return np.array([self.position] * 3 + [self.heading])

    def seen(self, fix: ToolFix, random: np.random.Generator) -> ToolFix:
        """Return ``fix`` with noise drawn from ``random``."""
        return ToolFix(fix.values + random.normal(0.0, 1.0, POSE_SIZE) * self.values)


def tool_fix(kinematics: Kinematics, q: Vector) -> ToolFix:
    """Return where the tool is with the joints at ``q`` [n] [rad]."""
    T_base_tool = kinematics.forward(q)
    closing = T_base_tool[:3, 1]  # the jaws move along y of the tool frame
    heading = math.atan2(-closing[0], closing[1])
    return ToolFix(np.append(T_base_tool[:3, 3], heading))


def fix_jacobian(kinematics: Kinematics, q: Vector) -> Matrix:
    """Return the derivative [4, n] of ``tool_fix`` by the joints.

    The closing direction c turns by w x c, so that its heading atan2(-cx, cy) turns by
    (cx (w x c)y - cy (w x c)x) / (cx² + cy²).
    """
    jacobian = kinematics.jacobian(q)
    cx, cy, cz = kinematics.forward(q)[:3, 1]
    wx, wy, wz = jacobian[3:]
    turned_x, turned_y = wy * cz - wz * cy, wz * cx - wx * cz
    heading = (cx * turned_y - cy * turned_x) / (cx * cx + cy * cy)
    return np.vstack([jacobian[:3], heading])


def fix_error(seen: Vector, expected: Vector) -> Vector:
    """Return ``seen`` minus ``expected`` [..., 4]; jaws half a turn apart are the same."""
    error: Vector = seen - expected
    heading = error[..., 3]
    error[..., 3] = heading - np.pi * np.round(heading / np.pi)
    return error
