"""Closed-form kinematics of a yaw, three parallel pitch joints and a roll (DOFBot)."""

import math
from dataclasses import dataclass

import numpy as np

from robot.command import Vector
from robot.errors import ModelError, UnreachableError
from robot.kinematics import Matrix
from robot.urdf_joint import UrdfJoint
from robot.urdf_tree import UrdfTree

_PLANE_TOLERANCE = 1e-6  # [rad] how far an asked approach may leave the arm's vertical plane
_SLACK = 1e-9  # [rad] beyond a limit that is rounding
_YZX, _ZXY = [1, 2, 0], [2, 0, 1]
_ON_AXIS = 1e-9  # [m] closer to the base axis than this, the yaw is free

Limits = list[tuple[float, float]]
Plane = tuple[float, float, float, float, float]
"""Yaw and roll [rad] to get there, and in the plane the tool's tilt [rad], r and z [m]."""


@dataclass(frozen=True, slots=True, eq=False)
class DofbotKinematics:
    """Base yaw q1, then a planar arm q2, q3, q4 in the vertical plane, then tool roll q5.

    With tilt = q2 + q3 + q4 from straight up, the tool lies at

        r = upper sin q2 + fore sin(q2+q3) + wrist sin tilt + offset cos tilt
        z = shoulder + upper cos q2 + fore cos(q2+q3) + wrist cos tilt - offset sin tilt

    and ``T_base_tool`` = Rz(q1) [r, 0, z] Ry(tilt) Rz(q5). All lengths [m].
    """

    shoulder: float
    upper: float
    fore: float
    wrist_roll: float
    wrist: float
    offset: float
    bracket: tuple[float, float]
    lower: Vector
    upper_limit: Vector

    @classmethod
    def from_urdf(
        cls, tree: UrdfTree, joints: tuple[str, ...], tool_link: str
    ) -> "DofbotKinematics":
        """Take the lengths from a URDF chain of this shape; ModelError if it has another."""
        chain = tree.chain(tool_link)
        moving = [joint for joint in chain if joint.kind == "revolute"]
        if tuple(joint.name for joint in moving) != joints or len(chain) != 6:
            raise ModelError(f"{tree.path.name}: the chain to {tool_link!r} is not {joints}")
        _check_axes(tree, moving)
        yaw, pitch, elbow, wrist, roll, tool = chain
        return cls(
            shoulder=float(yaw.xyz[2] + pitch.xyz[2]),
            upper=float(elbow.xyz[2]),
            fore=float(wrist.xyz[2]),
            wrist_roll=float(roll.xyz[2]),
            wrist=float(roll.xyz[2] + tool.xyz[2]),
            offset=float(roll.xyz[0]),
            bracket=_bracket(tree, wrist.child),
            lower=np.array([joint.lower for joint in moving]),
            upper_limit=np.array([joint.upper for joint in moving]),
        )

    def forward(self, q: Vector) -> Matrix:
        """Return ``T_base_tool`` [4, 4] at joint positions ``q`` [5] [rad]."""
        q1, q2, q3, q4, q5 = q.tolist()
        tilt = q2 + q3 + q4
        r, z = self._planar(q2, q3, tilt, self.wrist)
        c1, s1 = math.cos(q1), math.sin(q1)
        ct, st = math.cos(tilt), math.sin(tilt)
        c5, s5 = math.cos(q5), math.sin(q5)
        return np.array(
            [
                [c1 * ct * c5 - s1 * s5, -c1 * ct * s5 - s1 * c5, c1 * st, r * c1],
                [s1 * ct * c5 + c1 * s5, -s1 * ct * s5 + c1 * c5, s1 * st, r * s1],
                [-st * c5, st * s5, ct, z],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )

    def tool_position(self, q: Vector) -> tuple[float, float, float]:
        """Return the tool point in the base frame [m]; ``forward`` without the rotation."""
        q1, q2, q3, q4, _ = q.tolist()
        r, z = self._planar(q2, q3, q2 + q3 + q4, self.wrist)
        return r * math.cos(q1), r * math.sin(q1), z

    def points(self, q: Vector) -> Matrix:
        """Return [6, 3] in the base frame [m]: shoulder, elbow, wrist, camera, roll face, tool."""
        q1, q2, q3, q4, _ = q.tolist()
        elbow = self.upper * math.sin(q2), self.shoulder + self.upper * math.cos(q2)
        wrist = elbow[0] + self.fore * math.sin(q2 + q3), elbow[1] + self.fore * math.cos(q2 + q3)
        tilt = q2 + q3 + q4
        ct, st = math.cos(tilt), math.sin(tilt)
        back, along = self.bracket
        planar = [
            (0.0, self.shoulder),
            elbow,
            wrist,
            (wrist[0] + along * st + back * ct, wrist[1] + along * ct - back * st),
            self._planar(q2, q3, tilt, self.wrist_roll),
            self._planar(q2, q3, tilt, self.wrist),
        ]
        c1, s1 = math.cos(q1), math.sin(q1)
        return np.array([(r * c1, r * s1, z) for r, z in planar])

    def jacobian(self, q: Vector) -> Matrix:
        """Return the geometric Jacobian [6, 5]: linear over angular velocity, base frame."""
        points = self.points(q)
        c1, s1 = math.cos(q[0]), math.sin(q[0])
        tilt = float(q[1] + q[2] + q[3])
        pitch_axis = (-s1, c1, 0.0)
        approach = (c1 * math.sin(tilt), s1 * math.sin(tilt), math.cos(tilt))
        axes = np.array([(0.0, 0.0, 1.0), pitch_axis, pitch_axis, pitch_axis, approach])
        origins = points[[0, 0, 1, 2, 4]]
        reach = points[-1] - origins
        # Their cross product: np.cross takes ten times as long as all the rest.
        linear = axes[:, _YZX] * reach[:, _ZXY] - axes[:, _ZXY] * reach[:, _YZX]
        return np.vstack([linear.T, axes.T])

    def inverse(self, T_base_tool: Matrix, near: Vector) -> Vector:
        """Return the joint positions [5] that reach ``T_base_tool``, nearest to ``near`` [5].

        Raises UnreachableError: the approach leaves the arm's plane, the point is too far or
        too near, or every solution breaks a joint limit (which is named).
        """
        rows, here = T_base_tool.tolist(), near.tolist()
        limits = list(zip(self.lower.tolist(), self.upper_limit.tolist(), strict=True))
        reasons: list[str] = []
        best, best_cost = None, math.inf
        for flip in (False, True):
            plane = self._plane(rows, here[0], flip, limits)
            if isinstance(plane, str):
                reasons.append(plane)
                continue
            for elbow in (1.0, -1.0):
                solution = self._branch(plane, elbow, limits)
                if isinstance(solution, str):
                    reasons.append(solution)
                    continue
                cost = sum(abs(a - b) for a, b in zip(solution, here, strict=True))
                if cost < best_cost:
                    best, best_cost = solution, cost
        if best is None:
            x, y, z = (rows[i][3] for i in range(3))
            raise UnreachableError(
                f"tool at ({x:.3f}, {y:.3f}, {z:.3f}) m cannot be reached: {reasons[0]}"
            )
        return np.array(best)

    def _planar(self, q2: float, q3: float, tilt: float, wrist: float) -> tuple[float, float]:
        ct, st = math.cos(tilt), math.sin(tilt)
        q23 = q2 + q3
        return (
            self.upper * math.sin(q2) + self.fore * math.sin(q23) + wrist * st + self.offset * ct,
            self.shoulder
            + self.upper * math.cos(q2)
            + self.fore * math.cos(q23)
            + wrist * ct
            - self.offset * st,
        )

    def _plane(
        self, rows: list[list[float]], near: float, flip: bool, limits: Limits
    ) -> Plane | str:
        """Return the arm's plane if it turns to the tool or away from it, or why it cannot."""
        (xx, xy, xz, px), (yx, yy, yz, py), (_, _, zz, z) = rows[:3]
        q1 = _yaw((px, py), (xz, yz), near, flip)
        if flip and _into(q1, *limits[0]) is None:
            return "the base cannot turn to face away from the tool"
        c1, s1 = math.cos(q1), math.sin(q1)
        out_of_plane = math.asin(min(1.0, abs(c1 * yz - s1 * xz)))
        if out_of_plane > _PLANE_TOLERANCE:
            return (
                f"the approach leaves the arm's vertical plane by {math.degrees(out_of_plane):.1f}"
                " deg, and five joints can only tilt the tool within it"
            )
        tilt = math.atan2(c1 * xz + s1 * yz, zz)
        q5 = math.atan2(c1 * yx - s1 * xx, c1 * yy - s1 * xy)
        return q1, q5, tilt, c1 * px + s1 * py, z

    def _branch(self, plane: Plane, elbow: float, limits: Limits) -> list[float] | str:
        """Return one of the two solutions in a plane, or why it does not exist."""
        q1, q5, tilt, r, z = plane
        arm = self._two_links(r, z, tilt, elbow)
        if isinstance(arm, str):
            return arm
        q2, q3 = arm
        return _within(limits, [q1, q2, q3, _wrap(tilt - q2 - q3), q5])

    def _two_links(
        self, r: float, z: float, tilt: float, elbow: float
    ) -> tuple[float, float] | str:
        ct, st = math.cos(tilt), math.sin(tilt)
        rw = r - self.wrist * st - self.offset * ct
        zw = z - self.shoulder - self.wrist * ct + self.offset * st
        reach = math.hypot(rw, zw)
        cosine = (reach**2 - self.upper**2 - self.fore**2) / (2 * self.upper * self.fore)
        if cosine > 1 + 1e-9:
            return (
                f"too far: at a tool tilt of {math.degrees(tilt):.0f} deg the wrist would be"
                f" {reach * 1e3:.0f} mm from the shoulder, the arm spans"
                f" {(self.upper + self.fore) * 1e3:.0f} mm"
            )
        if cosine < -1 - 1e-9:
            return f"too near: the wrist would be {reach * 1e3:.0f} mm from the shoulder"
        q3 = elbow * math.acos(max(-1.0, min(1.0, cosine)))
        q2 = math.atan2(rw, zw) - math.atan2(
            self.fore * math.sin(q3), self.upper + self.fore * math.cos(q3)
        )
        return _wrap(q2), q3


def _within(limits: Limits, q: list[float]) -> list[float] | str:
    """Return ``q`` by whole turns inside ``limits``, or which joint is not."""
    for i, (low, high) in enumerate(limits):
        value = _into(q[i], low, high)
        if value is None:
            return (
                f"joint {i + 1} would be at {math.degrees(q[i]):.1f} deg, its limits are"
                f" {math.degrees(low):.0f} to {math.degrees(high):.0f}"
            )
        q[i] = value
    return q


def _bracket(tree: UrdfTree, wrist_link: str) -> tuple[float, float]:
    """Return x and z of what is fixed to the wrist link, its camera [m]; zeros for nothing."""
    for joint in tree.joints.values():
        if joint.kind == "fixed" and joint.parent == wrist_link:
            return float(joint.xyz[0]), float(joint.xyz[2])
    return 0.0, 0.0


def _yaw(
    point: tuple[float, float], approach: tuple[float, float], near: float, flip: bool
) -> float:
    """Return q1 from the tool point; on the base axis from the approach, else from ``near``."""
    if math.hypot(*point) > _ON_AXIS:
        q1 = math.atan2(point[1], point[0])
    elif math.hypot(*approach) > _PLANE_TOLERANCE:
        q1 = math.atan2(approach[1], approach[0])
    else:
        q1 = near
    return _wrap(q1 + math.pi) if flip else q1


def _wrap(angle: float) -> float:
    return math.remainder(angle, math.tau)


def _into(angle: float, low: float, high: float) -> float | None:
    """Return ``angle`` plus whole turns inside [low, high], or None."""
    if low <= angle <= high:
        return angle
    for turned in (angle, angle + math.tau, angle - math.tau):
        if low - _SLACK <= turned <= high + _SLACK:
            return min(high, max(low, turned))
    return None


def _check_axes(tree: UrdfTree, moving: list[UrdfJoint]) -> None:
    expected = [(0, 0, 1), (0, 1, 0), (0, 1, 0), (0, 1, 0), (0, 0, 1)]
    for joint, axis in zip(moving, expected, strict=True):
        if not np.allclose(joint.axis, axis) or not np.allclose(joint.rpy, 0):
            raise ModelError(
                f"{tree.path.name}: {joint.name!r} turns about {joint.axis.tolist()},"
                f" this arm's kinematics need {list(axis)} and no rpy"
            )
