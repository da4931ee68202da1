"""A serial chain of a URDF: where each of its moving joints is, and about what it turns."""

from math import cos, sin

import numpy as np

from robot.command import Vector
from robot.kinematics import Matrix
from robot.urdf_joint import UrdfJoint
from robot.urdf_tree import UrdfTree


class Chain:
    """The joints of a URDF between its root and one link, of which those named may turn.

    With a joint's origin O and its unit axis k, whose cross product matrix is K, what lies beyond
    it is turned by O (1 + sin q K + (1 - cos q) K K) (Rodrigues): a constant, a sine and a cosine
    term, so that all joints are worked out at once and only their product is taken one by one.
    """

    def __init__(self, tree: UrdfTree, joints: tuple[str, ...], link: str) -> None:
        """Follow ``tree`` out to ``link``. Raises ModelError if no joint leads there.

        Movable joints other than ``joints`` are taken to be at zero.
        """
        self.link = link
        self.n = len(joints)
        still, sine, cosine, axes, turned_by = [], [], [], [], []
        origin = np.eye(4)
        for joint in tree.chain(link):
            origin = origin @ origin_of(joint)
            if joint.name not in joints:
                continue
            cross = _cross(joint.axis)
            still.append(origin @ _padded(np.eye(3) + cross @ cross, 1.0))
            sine.append(origin @ _padded(cross, 0.0))
            cosine.append(origin @ _padded(-cross @ cross, 0.0))
            axes.append(joint.axis)
            turned_by.append(joints.index(joint.name))
            origin = np.eye(4)
        self._still, self._sine, self._cosine = (
            np.reshape(terms, (-1, 4, 4)) for terms in (still, sine, cosine)
        )
        self._axes = np.reshape(axes, (-1, 3, 1))
        self._end: Matrix = origin
        self._moved = np.array(turned_by, dtype=np.intp)
        self.turned_by = tuple(turned_by)
        """Which of the joints move the link, from the base out."""
        self.steps: Matrix = np.array([*self._still[:, :3, 3], origin[:3, 3]])
        """From each moving joint's point to the next one's and at last to the link's [k + 1, 3]."""

    def pose(self, q: Vector) -> Matrix:
        """Return ``T_base_link`` [..., 4, 4] at joint positions ``q`` [..., n] [rad]."""
        return self._frames(q)[..., -1, :, :]

    def place(self, q: Vector) -> tuple[Matrix, Matrix, Matrix]:
        """Return ``T_base_link`` [..., 4, 4], and a point on [m] and the direction of each axis.

        Both are [..., n, 3] in the base frame; a joint that does not move the link has direction 0.
        """
        frames = self._frames(q)
        points, axes = np.zeros((*q.shape, 3)), np.zeros((*q.shape, 3))
        points[..., self._moved, :] = frames[..., :-1, :3, 3]
        axes[..., self._moved, :] = (frames[..., :-1, :3, :3] @ self._axes)[..., 0]
        return frames[..., -1, :, :], points, axes

    def points(self, q: Vector) -> Matrix:
        """Return the points of all moving joints, from the base out, and the link's [k + 1, 3]."""
        return self._frames(q)[..., :3, 3]

    def _frames(self, q: Vector) -> Matrix:
        """Return the frames of the moving joints, turned, and the link's [..., k + 1, 4, 4]."""
        angles = q[..., self._moved][..., None, None]
        frames = np.empty((*q.shape[:-1], len(self._moved) + 1, 4, 4))
        frames[..., -1, :, :] = self._end
        turned = self._still + np.sin(angles) * self._sine + np.cos(angles) * self._cosine
        frames[..., :-1, :, :] = turned
        for i in range(1, len(self._moved) + 1):
            np.matmul(frames[..., i - 1, :, :], frames[..., i, :, :], out=frames[..., i, :, :])
        return frames


def origin_of(joint: UrdfJoint) -> Matrix:
    """Return ``T_parent_joint`` [4, 4] as drawn, the joint at zero."""
    roll, pitch, yaw = joint.rpy
    x, y, z = np.eye(3)
    pose = np.eye(4)
    pose[:3, :3] = turn_about(z, yaw) @ turn_about(y, pitch) @ turn_about(x, roll)
    pose[:3, 3] = joint.xyz
    return pose


def turn_about(axis: Vector, angle: float) -> Matrix:
    """Return the rotation [3, 3] by ``angle`` [rad] about the unit vector ``axis`` (Rodrigues)."""
    cross = _cross(axis)
    turn: Matrix = np.eye(3) + sin(angle) * cross + (1.0 - cos(angle)) * cross @ cross
    return turn


def _cross(axis: Vector) -> Matrix:
    x, y, z = axis
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def _padded(turn: Matrix, corner: float) -> Matrix:
    padded = np.zeros((4, 4))
    padded[:3, :3], padded[3, 3] = turn, corner
    return padded
