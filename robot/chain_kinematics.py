"""Kinematics of any serial arm of a URDF; the inverse by damped least squares."""

from math import degrees

import numpy as np
from numpy.typing import NDArray

from robot.chain import Chain
from robot.command import Vector
from robot.errors import ModelError, UnreachableError
from robot.kinematics import Matrix
from robot.turn import turn_between
from robot.urdf_tree import UrdfTree

_NEAR_ENOUGH = 1e-6  # [m] with turns taken at _ARM
_ARM = 0.3  # [m] a turn of 1 rad counts as much as a shift by this
_STEPS, _FEWER_STEPS = 120, 40  # at most, from where the arm is and from elsewhere
_FLAT = 1e-3  # slope [m/rad] below which a pose is as near as it gets
_LEAST_DAMPING, _FIRST_DAMPING = 1e-12, 1e-6  # [m²]
_CAUTION = 0.03  # of the squared error that is added to the damping
_TRIES = 32  # other poses to search from
_ON_FROM = 6  # of these the search goes on from: next to a singular pose it is slow
_SAME = 1e-9  # [m] points nearer to each other are one


class ChainKinematics:
    """A serial chain of revolute and continuous joints, as many as there are.

    The inverse is a search by Levenberg and Marquardt within the joint limits, first from where
    the arm is and then from a fixed set of other poses, so that the same question always has the
    same answer. Closed forms are ten times as fast, where somebody has found one.
    """

    def __init__(self, chain: Chain, lower: Vector, upper: Vector) -> None:
        """Compute along ``chain``, within ``lower`` and ``upper`` [n] [rad]."""
        self._chain, self._lower, self._upper = chain, lower, upper
        lengths = np.linalg.norm(chain.steps, axis=1)
        self._reach = float(lengths[1:].sum())
        self._own = np.append(True, lengths[1:] > _SAME)  # points that are not the one before
        random = np.random.default_rng(0)
        self._elsewhere = random.uniform(lower, upper, (_TRIES, len(lower)))

    @classmethod
    def from_urdf(
        cls, tree: UrdfTree, joints: tuple[str, ...], tool_link: str
    ) -> "ChainKinematics":
        """Follow ``tree`` to ``tool_link``.

        Raises ModelError unless ``joints`` are just what turns on the way there, in that order.
        """
        movable = [joint for joint in tree.chain(tool_link) if joint.kind != "fixed"]
        names = tuple(joint.name for joint in movable)
        if names != joints:
            raise ModelError(
                f"arm.toml: joints are {', '.join(joints)}, but what moves on the way to"
                f" {tool_link!r} in {tree.path.name} is, in this order, {', '.join(names)}"
            )
        lower, upper = (np.array([getattr(j, end) for j in movable]) for end in ("lower", "upper"))
        return cls(Chain(tree, joints, tool_link), lower, upper)

    def forward(self, q: Vector) -> Matrix:
        """Return ``T_base_tool`` [4, 4] at joint positions ``q`` [n] [rad]."""
        return self._chain.pose(q)

    def tool_position(self, q: Vector) -> tuple[float, float, float]:
        """Return the tool point in the base frame [m]."""
        x, y, z = self._chain.pose(q)[:3, 3].tolist()
        return x, y, z

    def points(self, q: Vector) -> Matrix:
        """Return [k, 3] in the base frame [m]: where joints are, each place once, and the tool."""
        points: Matrix = self._chain.points(q)[self._own]
        return points

    def jacobian(self, q: Vector) -> Matrix:
        """Return the geometric Jacobian [6, n]: linear over angular velocity, base frame."""
        return self._place(q)[1]

    def inverse(self, T_base_tool: Matrix, near: Vector) -> Vector:
        """Return joint positions [n] that reach ``T_base_tool``, as found from ``near`` [n].

        Where there are many, as with seven joints, it is one close to ``near``. Raises
        UnreachableError saying how far away from the pose the nearest found one stays.
        """
        target = T_base_tool[:3, 3]
        away = float(np.linalg.norm(target - self._chain.steps[0]))
        if away > self._reach + _NEAR_ENOUGH:
            raise UnreachableError(
                f"tool at {_told(target)} m cannot be reached: it is {away:.3f} m from the first"
                f" joint, and the arm is {self._reach:.3f} m long"
            )
        q, error = self._descend(T_base_tool, near[None], _STEPS)
        if not _there(error).any():
            q, error = self._descend(T_base_tool, self._elsewhere, _FEWER_STEPS)
        if not (there := _there(error)).any():
            nearest = (error * error).sum(axis=1).argsort()[:_ON_FROM]
            q, error = self._descend(T_base_tool, q[nearest], _STEPS)
            there = _there(error)
        if there.any():
            found: Vector = q[there][np.abs(q[there] - near).sum(axis=1).argmin()]
            return found
        least = error[(error * error).sum(axis=1).argmin()]
        off, turned = np.linalg.norm(least[:3]), np.linalg.norm(least[3:]) / _ARM
        raise UnreachableError(
            f"tool at {_told(target)} m, turned so, cannot be reached: the nearest pose found"
            f" within the joint limits stays {1e3 * off:.1f} mm and {degrees(turned):.1f} deg off"
        )

    def _descend(self, T_base_tool: Matrix, starts: Matrix, steps: int) -> tuple[Matrix, Matrix]:
        """Return where the ways downhill from ``starts`` [k, n] end, and what they miss [k, 6] [m].

        The damping follows the error as Sugihara has it ("Solvability-unconcerned inverse
        kinematics by the Levenberg-Marquardt method", 2011).
        """
        ends: Matrix = np.clip(starts, self._lower, self._upper)
        missed = np.empty((len(ends), 6))
        going, q = np.arange(len(ends)), ends.copy()
        error, jacobian = self._missing(T_base_tool, q)
        off, damping = (error * error).sum(axis=1), np.full(len(q), _FIRST_DAMPING)
        for _ in range(steps):
            ends[going], missed[going] = q, error
            free = jacobian * self._free(q, error, jacobian)[:, None, :]
            slope = np.abs((error[:, None, :] @ free)[:, 0]).max(axis=1)
            left = (off > _NEAR_ENOUGH**2) & (slope > _FLAT * np.sqrt(off))
            if not left.all():
                kept = going, q, error, jacobian, off, damping, free
                going, q, error, jacobian, off, damping, free = (one[left] for one in kept)
            if not len(going):
                break
            there = self._stepped(q, error, free, damping + _CAUTION * off)
            new_error, new_jacobian = self._missing(T_base_tool, there)
            new_off = (new_error * new_error).sum(axis=1)
            better = new_off < off
            q, error = (
                np.where(better[:, None], *pair) for pair in ((there, q), (new_error, error))
            )
            jacobian = np.where(better[:, None, None], new_jacobian, jacobian)
            off = np.where(better, new_off, off)
            damping = np.where(better, damping / 8.0, damping * 8.0).clip(_LEAST_DAMPING)
        return ends, missed

    def _free(self, q: Matrix, error: Matrix, jacobian: Matrix) -> NDArray[np.bool_]:
        """Return which joints [k, n] take part in a step: not one at its limit, on its way beyond.

        Bertsekas, "Projected Newton methods", 1982.
        """
        downhill = (error[:, None, :] @ jacobian)[:, 0]
        stuck: NDArray[np.bool_] = (q <= self._lower) & (downhill < 0.0)
        stuck |= (q >= self._upper) & (downhill > 0.0)
        return ~stuck

    def _stepped(self, q: Matrix, error: Matrix, free: Matrix, damping: Vector) -> Matrix:
        damped = free @ np.swapaxes(free, 1, 2) + damping[:, None, None] * np.eye(6)
        step = np.linalg.solve(damped, error[:, :, None])[:, None, :, 0] @ free
        there: Matrix = np.clip(q + step[:, 0], self._lower, self._upper)
        return there

    def _missing(self, T_base_tool: Matrix, q: Matrix) -> tuple[Matrix, Matrix]:
        """Return what is left to go [k, 6] and the Jacobians [k, 6, n], turns taken at _ARM [m]."""
        pose, jacobian = self._place(q)
        error = np.empty((len(q), 6))
        error[:, :3] = T_base_tool[:3, 3] - pose[:, :3, 3]
        error[:, 3:] = _ARM * turn_between(pose, T_base_tool)
        jacobian[:, 3:] *= _ARM
        return error, jacobian

    def _place(self, q: Matrix) -> tuple[Matrix, Matrix]:
        """Return ``T_base_tool`` [..., 4, 4] and the Jacobian [..., 6, n] at ``q`` [..., n]."""
        pose, points, axes = self._chain.place(q)
        jacobian = np.empty((*q.shape[:-1], 6, q.shape[-1]))
        arm = pose[..., None, :3, 3] - points
        for i, (j, k) in enumerate(((1, 2), (2, 0), (0, 1))):
            jacobian[..., i, :] = axes[..., j] * arm[..., k] - axes[..., k] * arm[..., j]
        jacobian[..., 3:, :] = np.swapaxes(axes, -1, -2)
        return pose, jacobian


def _there(error: Matrix) -> NDArray[np.bool_]:
    arrived: NDArray[np.bool_] = (error * error).sum(axis=1) < _NEAR_ENOUGH**2
    return arrived


def _told(point: Vector) -> str:
    return "({:.3f}, {:.3f}, {:.3f})".format(*point.tolist())
