"""Where any link of an arm is, and about what each joint turns it: straight from the URDF."""

from math import cos, sin

import numpy as np

from robot.command import Vector
from robot.kinematics import Matrix
from robot.model import ArmModel
from robot.urdf_tree import UrdfJoint


class LinkChain:
    """The joints between the base and one link, of which the arm's own may turn."""

    def __init__(self, model: ArmModel, link: str) -> None:
        """Follow ``model`` out to ``link``. Raises ModelError if no joint leads there."""
        self.link = link
        self.n = model.n
        self._steps = [
            (_origin(joint), joint.axis, _number(model, joint)) for joint in model.urdf.chain(link)
        ]
        self.turned_by = tuple(number for _, _, number in self._steps if number is not None)
        """Which of the arm's joints move the link, from the base out."""

    def pose(self, q: Vector) -> Matrix:
        """Return ``T_base_link`` [4, 4] at joint positions ``q`` [n] [rad]."""
        return self.place(q)[0]

    def place(self, q: Vector) -> tuple[Matrix, Matrix, Matrix]:
        """Return ``T_base_link`` [4, 4], and a point on [m] and the direction of each axis.

        Both are [n, 3] in the base frame; a joint that does not move the link has direction 0.
        """
        pose = np.eye(4)
        points, axes = np.zeros((self.n, 3)), np.zeros((self.n, 3))
        for origin, axis, number in self._steps:
            pose = pose @ origin
            if number is None:
                continue
            points[number], axes[number] = pose[:3, 3], pose[:3, :3] @ axis
            pose[:3, :3] = pose[:3, :3] @ turn_about(axis, float(q[number]))
        return pose, points, axes


def mount_of(model: ArmModel, link: str) -> tuple[str, Matrix]:
    """Return the link that ``link`` is fixed to, and ``T_parent_link`` [4, 4] as drawn.

    Raises ModelError if there is no such link.
    """
    joint = model.urdf.chain(link)[-1]
    return joint.parent, _origin(joint)


def turn_about(axis: Vector, angle: float) -> Matrix:
    """Return the rotation [3, 3] by ``angle`` [rad] about the unit vector ``axis`` (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turn: Matrix = np.eye(3) + sin(angle) * cross + (1.0 - cos(angle)) * cross @ cross
    return turn


def _origin(joint: UrdfJoint) -> Matrix:
    roll, pitch, yaw = joint.rpy
    x, y, z = np.eye(3)
    pose = np.eye(4)
    pose[:3, :3] = turn_about(z, yaw) @ turn_about(y, pitch) @ turn_about(x, roll)
    pose[:3, 3] = joint.xyz
    return pose


def _number(model: ArmModel, joint: UrdfJoint) -> int | None:
    return model.joints.index(joint.name) if joint.name in model.joints else None
