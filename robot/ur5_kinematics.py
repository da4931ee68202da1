"""Closed-form kinematics of an arm built like Universal Robots' UR5, with up to eight solutions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from robot.chain import origin_of
from robot.command import Vector
from robot.errors import ModelError, UnreachableError
from robot.kinematics import Matrix
from robot.urdf_joint import UrdfJoint
from robot.urdf_tree import UrdfTree

_SLACK = 1e-9  # [rad] beyond a limit that is rounding
_STRAIGHT = 1e-9  # sine of the second wrist joint below which the third one is free
_ROUNDING = 1e-9  # [m] and of a cosine, by which a pose may be out of reach

_TURN = math.pi / 2
_SHAPE = (
    # For each joint its rpy [rad] and which of its xyz may differ from zero.
    ((0.0, 0.0, 0.0), (False, False, True)),
    ((_TURN, 0.0, 0.0), (False, False, False)),
    ((0.0, 0.0, 0.0), (True, False, False)),
    ((0.0, 0.0, 0.0), (True, False, True)),
    ((_TURN, 0.0, 0.0), (False, True, False)),
    ((-_TURN, 0.0, 0.0), (False, True, False)),
)

Triple = tuple[float, float, float]
Frame = tuple[Triple, Triple, Triple, Triple]
"""Axes x, y, z and origin of the flange: along the arm's plane, across it, and up."""


@dataclass(frozen=True, slots=True, eq=False)
class Ur5Kinematics:
    """Pan q1, then a planar arm q2, q3, q4 in a vertical plane beside the base, then q5 and q6.

    Denavit and Hartenberg's d1, a2, a3, d4, d5, d6 [m]. In the plane at heading q1 the first
    wrist joint is at r = a2 cos q2 + a3 cos(q2+q3), z = d1 + a2 sin q2 + a3 sin(q2+q3), the
    second d4 beside it, the third d5 along (sin s, -cos s) with s = q2+q3+q4. The way back follows
    Hawkins, "Analytic inverse kinematics for the Universal Robots UR-5/UR-10 arms", 2013, with
    atan2 instead of acos throughout.
    """

    d1: float
    a2: float
    a3: float
    d4: float
    d5: float
    d6: float
    T_flange_tool: Matrix
    T_tool_flange: Matrix
    mounted: Matrix
    lower: Vector
    upper: Vector

    @classmethod
    def from_urdf(cls, tree: UrdfTree, joints: tuple[str, ...], tool_link: str) -> "Ur5Kinematics":
        """Take the lengths from a URDF chain of this shape; ModelError if it has another."""
        chain = tree.chain(tool_link)
        moving, fixed = chain[:6], chain[6:]
        turning = tuple(joint.name for joint in chain if joint.kind != "fixed")
        if turning != joints or len(moving) != 6 or not fixed:
            raise ModelError(f"{tree.path.name}: the chain to {tool_link!r} is not {joints}")
        _check_shape(tree, moving)
        T_flange_tool: Matrix = np.eye(4)
        for joint in fixed:
            T_flange_tool = T_flange_tool @ origin_of(joint)
        pan, _, elbow, wrist_1, wrist_2, wrist_3 = moving
        return cls(
            d1=float(pan.xyz[2]),
            a2=float(elbow.xyz[0]),
            a3=float(wrist_1.xyz[0]),
            d4=float(wrist_1.xyz[2]),
            d5=-float(wrist_2.xyz[1]),
            d6=float(wrist_3.xyz[1]),
            T_flange_tool=T_flange_tool,
            T_tool_flange=np.array(np.linalg.inv(T_flange_tool)),
            mounted=_mounted(tree, fixed[0], T_flange_tool[:3, 3]),
            lower=np.array([joint.lower for joint in moving]),
            upper=np.array([joint.upper for joint in moving]),
        )

    def forward(self, q: Vector) -> Matrix:
        """Return ``T_base_tool`` [4, 4] at joint positions ``q`` [6] [rad]."""
        flange = np.eye(4)
        flange[:3] = _heading(float(q[0])) @ np.array(self._flange(q)).T
        T_base_tool: Matrix = flange @ self.T_flange_tool
        return T_base_tool

    def tool_position(self, q: Vector) -> tuple[float, float, float]:
        """Return the tool point in the base frame [m]; ``forward`` without the rotation."""
        x, y, z, origin = self._flange(q)
        a, b, c = self.T_flange_tool[:3, 3].tolist()
        along, across, up = (
            p + a * u + b * v + c * w for u, v, w, p in zip(x, y, z, origin, strict=True)
        )
        c1, s1 = math.cos(q[0]), math.sin(q[0])
        return c1 * along + s1 * across, s1 * along - c1 * across, up

    def points(self, q: Vector) -> Matrix:
        """Return points along the arm [k, 3] in the base frame [m], the tool point last.

        Elbow, middle and end of the forearm, second and third wrist joint, what is mounted on the
        flange in the order of the URDF, and the tool.
        """
        _, elbow, wrist_1, wrist_2, wrist_3 = self._joints(q)
        middle = [(a + b) / 2 for a, b in zip(elbow, wrist_1, strict=True)]
        *axes, origin = np.array(self._flange(q))
        mounted = origin + self.mounted @ np.array(axes)
        local = [elbow, middle, wrist_1, wrist_2, wrist_3, *mounted]
        return np.array(local) @ _heading(float(q[0])).T

    def jacobian(self, q: Vector) -> Matrix:
        """Return the geometric Jacobian [6, 6]: linear over angular velocity, base frame."""
        s = float(q[1] + q[2] + q[3])
        across = (0.0, 1.0, 0.0)
        third = (math.sin(s), 0.0, -math.cos(s))
        flange = self._flange(q)
        local = [(0.0, 0.0, 1.0), across, across, across, third, flange[2]]
        heading = _heading(float(q[0])).T
        axes = np.array(local) @ heading
        shoulder, elbow, wrist_1, wrist_2, wrist_3 = self._joints(q)
        origins = np.array([shoulder, shoulder, elbow, wrist_1, wrist_2, wrist_3]) @ heading
        linear = np.cross(axes, np.array(self.tool_position(q)) - origins)
        return np.vstack([linear.T, axes.T])

    def inverse(self, T_base_tool: Matrix, near: Vector) -> Vector:
        """Return the joint positions [6] that reach ``T_base_tool``, nearest to ``near`` [6].

        Each joint is taken by the whole turn that is nearest within its limits. Where the third
        wrist joint is free, because the second is stretched, it stays as ``near`` if that
        reaches. Raises UnreachableError: the point is too far, too near, or every solution
        breaks a joint limit (which is named).
        """
        rows = (T_base_tool @ self.T_tool_flange).tolist()
        branches = list(self._solutions(rows, float(near[5])))
        found = [branch for branch in branches if not isinstance(branch, str)]
        turned = self._turned(np.array(found).reshape(-1, 6), near)
        inside = ((self.lower <= turned) & (turned <= self.upper)).all(axis=1)
        if inside.any():
            cost = np.where(inside, np.abs(turned - near).sum(axis=1), np.inf)
            nearest: Vector = turned[np.argmin(cost)]
            return nearest
        why = self._breach(turned[0]) if found else branches[0]
        x, y, z = T_base_tool[:3, 3].tolist()
        raise UnreachableError(f"tool at ({x:.3f}, {y:.3f}, {z:.3f}) m cannot be reached: {why}")

    def _turned(self, q: Matrix, near: Vector) -> Matrix:
        """Return ``q`` [k, 6] by the whole turns nearest to ``near`` that are within limits."""
        lower, upper = self.lower, self.upper
        here = np.clip(near, lower, upper)
        q = q + math.tau * np.round((here - q) / math.tau)
        q += math.tau * ((q < lower - _SLACK) * 1.0 - (q > upper + _SLACK))
        limited = np.clip(q, lower, upper)
        return np.where(np.abs(limited - q) <= _SLACK, limited, q)

    def _breach(self, q: Vector) -> str:
        i = int(np.argmax((q < self.lower) | (q > self.upper)))
        low, high = math.degrees(self.lower[i]), math.degrees(self.upper[i])
        return (
            f"joint {i + 1} would be at {math.degrees(q[i]):.1f} deg, its limits are"
            f" {low:.0f} to {high:.0f}"
        )

    def _joints(self, q: Vector) -> list[Triple]:
        """Return where joints 2 to 6 are: along the arm's plane, across it, and up [m]."""
        _, q2, q3, q4, _, _ = q.tolist()
        r2, z2 = self.a2 * math.cos(q2), self.d1 + self.a2 * math.sin(q2)
        r3, z3 = r2 + self.a3 * math.cos(q2 + q3), z2 + self.a3 * math.sin(q2 + q3)
        s = q2 + q3 + q4
        last = (r3 + self.d5 * math.sin(s), self.d4, z3 - self.d5 * math.cos(s))
        return [(0.0, 0.0, self.d1), (r2, 0.0, z2), (r3, 0.0, z3), (r3, self.d4, z3), last]

    def _flange(self, q: Vector) -> Frame:
        _, q2, q3, q4, q5, q6 = q.tolist()
        q23, s = q2 + q3, q2 + q3 + q4
        cs, ss = math.cos(s), math.sin(s)
        c5, s5, c6, s6 = math.cos(q5), math.sin(q5), math.cos(q6), math.sin(q6)
        r = self.a2 * math.cos(q2) + self.a3 * math.cos(q23) + self.d5 * ss - self.d6 * s5 * cs
        z = self.a2 * math.sin(q2) + self.a3 * math.sin(q23) - self.d5 * cs - self.d6 * s5 * ss
        return (
            (c6 * c5 * cs - s6 * ss, c6 * s5, c6 * c5 * ss + s6 * cs),
            (-s6 * c5 * cs - c6 * ss, -s6 * s5, -s6 * c5 * ss + c6 * cs),
            (-s5 * cs, c5, -s5 * ss),
            (r, self.d4 + self.d6 * c5, self.d1 + z),
        )

    def _solutions(
        self, T_base_flange: list[list[float]], near: float
    ) -> Iterator[list[float] | str]:
        """Yield the joint positions of each branch, or why it has none.

        near: q6 [rad] to keep where it is free.
        """
        (xx, yx, zx, px), (xy, yy, zy, py), (xz, yz, zz, pz), _ = T_base_flange
        x, y = px - self.d6 * zx, py - self.d6 * zy  # of the third wrist joint
        radius = math.hypot(x, y)
        if radius < self.d4 - _ROUNDING:
            yield (
                f"too near: the wrist would be {radius * 1e3:.0f} mm from the base axis, which it"
                f" passes at {self.d4 * 1e3:.0f} mm or more"
            )
            return
        side = math.atan2(self.d4, math.sqrt(max(0.0, radius**2 - self.d4**2)))
        for q1 in (math.atan2(y, x) + side, math.atan2(y, x) + math.pi - side):
            c1, s1 = math.cos(q1), math.sin(q1)
            flange = (
                (c1 * xx + s1 * xy, s1 * xx - c1 * xy, xz),
                (c1 * yx + s1 * yy, s1 * yx - c1 * yy, yz),
                (c1 * zx + s1 * zy, s1 * zx - c1 * zy, zz),
                (c1 * x + s1 * y, self.d4, pz - self.d6 * zz - self.d1),
            )
            for q5, q6, third in _wrists(flange, near):
                for arm in self._arms(flange[3], third):
                    yield arm if isinstance(arm, str) else [q1, *arm, q5, q6]

    def _arms(self, wrist_3: Triple, third: Triple) -> Iterator[tuple[float, float, float] | str]:
        """Yield q2, q3, q4 with the elbow to either side, or why there are none.

        wrist_3: where the third wrist joint is from the shoulder; third: where the axis of the
        second one points.
        """
        a2, a3 = self.a2, self.a3
        r, z = wrist_3[0] - self.d5 * third[0], wrist_3[2] - self.d5 * third[2]
        reach = math.hypot(r, z)
        cosine = (reach**2 - a2**2 - a3**2) / (2 * a2 * a3)
        if abs(cosine) > 1.0 + _ROUNDING:
            why = "too far" if cosine > 0.0 else "too near"
            yield (
                f"{why}: the wrist would be {reach * 1e3:.0f} mm from the shoulder, the arm spans"
                f" {abs(abs(a2) - abs(a3)) * 1e3:.0f} to {abs(a2 + a3) * 1e3:.0f} mm"
            )
            return
        bend = math.acos(max(-1.0, min(1.0, cosine)))
        s = math.atan2(third[0], -third[2])
        for q3 in (bend, -bend):
            q2 = math.atan2(z, r) - math.atan2(a3 * math.sin(q3), a2 + a3 * math.cos(q3))
            yield q2, q3, s - q2 - q3


def _wrists(flange: Frame, near: float) -> Iterator[tuple[float, float, Triple]]:
    """Yield q5, q6 and where the axis of the second wrist joint points, for both wrist flips.

    flange: its axes and the third wrist joint. near: q6 [rad] to keep where it is free; then the
    axes that bring the first wrist joint closest to the shoulder, and furthest, are tried too.
    """
    x, y, z, wrist_3 = flange
    sine, cosine = math.hypot(x[1], y[1]), z[1]
    if sine > _STRAIGHT:
        for sign in (1.0, -1.0):
            q6 = math.atan2(-sign * y[1], sign * x[1])
            yield math.atan2(sign * sine, cosine), q6, _third_axis(x, y, q6)
        return
    length = math.hypot(wrist_3[0], wrist_3[2]) or 1.0
    outward = wrist_3[0] / length, 0.0, wrist_3[2] / length
    q6 = math.atan2(-_dot(outward, x), -_dot(outward, y))
    for free in (near, q6, q6 + math.pi):
        yield math.atan2(0.0, cosine), free, _third_axis(x, y, free)


def _third_axis(x: Triple, y: Triple, q6: float) -> Triple:
    """Return the axis of the second wrist joint from the flange's x and y."""
    c, s = math.cos(q6), math.sin(q6)
    return -s * x[0] - c * y[0], -s * x[1] - c * y[1], -s * x[2] - c * y[2]


def _dot(a: Triple, b: Triple) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _heading(q1: float) -> Matrix:
    """Return what takes (along the arm's plane, across it, up) to the base frame [3, 3]."""
    c, s = math.cos(q1), math.sin(q1)
    return np.array([[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, 1.0]])


def _mounted(tree: UrdfTree, to_tool: UrdfJoint, tool: Vector) -> Matrix:
    """Return where else something is fixed to the flange, and last the ``tool`` [k, 3] [m]."""
    beside = [j.xyz for j in tree.joints.values() if j.parent == to_tool.parent and j != to_tool]
    return np.array([*beside, tool])


def _check_shape(tree: UrdfTree, moving: list[UrdfJoint]) -> None:
    for joint, (rpy, free) in zip(moving, _SHAPE, strict=True):
        if not np.allclose(joint.axis, (0, 0, 1)) or not np.allclose(joint.rpy, rpy):
            raise ModelError(
                f"{tree.path.name}: {joint.name!r} turns about {joint.axis.tolist()} with rpy"
                f" {joint.rpy.tolist()}, this arm's kinematics need [0, 0, 1] and {list(rpy)}"
            )
        if not np.allclose(joint.xyz[~np.array(free)], 0.0):
            raise ModelError(
                f"{tree.path.name}: {joint.name!r} is at {joint.xyz.tolist()}, where this arm's"
                " kinematics have no length"
            )
