"""Joint motion within velocity and acceleration limits: tracking online, and point to point."""

from copy import copy
from math import sqrt
from typing import Self

import numpy as np

from robot.command import JointCommand, Vector
from robot.kinematics import Matrix
from robot.model import ArmModel

_RESOLUTION = 1e-12  # [rad] a shorter way is none


class MotionLimiter:
    """Follow the newest target as fast as the limits allow, braking in time for it.

    Every joint runs its own time-optimal double-integrator profile (accelerate, cruise,
    brake), evaluated exactly at the end of each step. So steps may have any length, the
    target is never overshot unless it was moved inside the braking distance, and it is
    reached exactly. The gripper is limited in speed alone.
    """

    def __init__(self, model: ArmModel, *, velocity_scale: float = 1.0) -> None:
        """Take the limits of ``model``, velocities times ``velocity_scale`` in (0, 1]."""
        _check_scale(velocity_scale)
        self._max_velocity: list[float] = (velocity_scale * model.max_velocity).tolist()
        self._max_acceleration: list[float] = model.max_acceleration.tolist()
        self._max_opening_velocity = velocity_scale * model.gripper.max_opening_velocity
        self.reset(model.home, model.gripper.max_opening)

    def reset(self, positions: Vector, gripper: float) -> None:
        """Stand still at ``positions`` [n] [rad], jaws ``gripper`` apart [m]."""
        self._positions: list[float] = positions.tolist()
        self._velocity = [0.0] * len(self._positions)
        self._gripper = float(gripper)

    def grip(self, gripper: float) -> None:
        """Go on with the jaws ``gripper`` apart [m], the joints as they are."""
        self._gripper = float(gripper)

    @property
    def velocity(self) -> Vector:
        """Return the joint velocities after the last step [n] [rad/s]."""
        return np.array(self._velocity)

    @property
    def command(self) -> JointCommand:
        """Return where the motion is now."""
        return JointCommand(np.array(self._positions), self._gripper)

    def copy(self) -> Self:
        """Return another limiter in the same motion, to see where a step would lead."""
        other = copy(self)
        other._positions, other._velocity = [*self._positions], [*self._velocity]
        return other

    def braking(self, samples: int) -> Matrix:
        """Return poses evenly spaced in time until braking now would end [samples, n] [rad]."""
        speed, slowing = np.abs(self._velocity), np.array(self._max_acceleration)
        ends = speed / slowing
        times = np.linspace(0.0, ends.max(), samples + 1)[1:, None]
        t = np.minimum(times, ends)
        way: Matrix = np.sign(self._velocity) * (speed - 0.5 * slowing * t) * t
        return self._positions + way

    def step(self, target: JointCommand, dt: float, *, straight: bool = False) -> JointCommand:
        """Move towards ``target`` for ``dt`` >= 0 [s] and return where the motion is then.

        straight: on the straight joint line, at the pace of the slowest joint, as far as the
        motion is on it already; else every joint as fast as it may.
        """
        self._advance(target.positions.tolist(), dt, straight)
        reach = self._max_opening_velocity * dt
        change = target.gripper - self._gripper
        self._gripper += min(reach, max(-reach, change))
        return self.command

    def hold(self, dt: float) -> JointCommand:
        """Brake for ``dt`` >= 0 [s] or until standing still; return where the motion is then."""
        stops = [
            x + v * abs(v) / (2.0 * a)
            for x, v, a in zip(self._positions, self._velocity, self._max_acceleration, strict=True)
        ]
        self._advance(stops, dt)
        return self.command

    def _advance(self, goals: list[float], dt: float, straight: bool = False) -> None:
        fastest, hardest = self._max_velocity, self._max_acceleration
        if straight:
            ways = [abs(goal - x) for goal, x in zip(goals, self._positions, strict=True)]
            slower = _in_step(fastest, ways)
            # A joint that is faster than that already has to brake as hard as it can.
            if all(abs(v) <= most for v, most in zip(self._velocity, slower, strict=True)):
                fastest, hardest = slower, _in_step(hardest, ways)
        for i, goal in enumerate(goals):
            left, self._velocity[i] = _profile(
                goal - self._positions[i], self._velocity[i], fastest[i], hardest[i], dt
            )
            self._positions[i] = goal - left


def _in_step(limits: list[float], ways: list[float]) -> list[float]:
    """Return the share of each of ``limits`` with which all ``ways`` take the same time."""
    most = min((limit / way for limit, way in zip(limits, ways, strict=True) if way), default=0.0)
    return [most * way or limit for limit, way in zip(limits, ways, strict=True)]


class JointTrajectory:
    """Synchronised trapezoid from rest at ``start`` to rest at ``goal``, both [n] [rad].

    All joints start and arrive together, on the straight joint line; the slowest one sets the
    pace. Lynch and Park, Modern Robotics, section 9.2.2.2.

    duration: time from start to arrival [s].
    """

    def __init__(
        self, start: Vector, goal: Vector, model: ArmModel, *, velocity_scale: float = 1.0
    ) -> None:
        """Plan within the limits of ``model``, velocities times ``velocity_scale`` in (0, 1]."""
        _check_scale(velocity_scale)
        self._goal = np.array(goal)
        self._span = self._goal - start
        self.duration = 0.0
        span = np.abs(self._span)
        if span.max() > _RESOLUTION:
            self._acceleration = 1.0 / float(np.max(span / model.max_acceleration))
            top = velocity_scale / float(np.max(span / model.max_velocity))
            self._speed = min(top, sqrt(self._acceleration))
            self.duration = 1.0 / self._speed + self._speed / self._acceleration

    def sample(self, t: float) -> tuple[Vector, Vector]:
        """Return positions [n] [rad] and velocities [n] [rad/s] at ``t`` [s], held at both ends."""
        t = max(0.0, t)
        if t >= self.duration:
            return self._goal.copy(), np.zeros_like(self._goal)
        left, rate = _profile(1.0, 0.0, self._speed, self._acceleration, t)
        return self._goal - left * self._span, rate * self._span


def _check_scale(velocity_scale: float) -> None:
    if not 0.0 < velocity_scale <= 1.0:
        raise ValueError(f"velocity_scale must be in (0, 1], got {velocity_scale}")


def _profile(distance: float, v: float, v_max: float, a: float, dt: float) -> tuple[float, float]:
    """Return distance left and velocity after ``dt`` on the fastest way to rest at ``distance``."""
    # The side of the goal on which braking now would end says which way to accelerate first.
    sign = 1.0 if distance >= v * abs(v) / (2.0 * a) else -1.0
    distance, v = sign * distance, sign * v
    peak = min(v_max, sqrt(max(0.0, a * distance + 0.5 * v * v)))
    ramp = max(0.0, (peak - v) / a)
    if dt < ramp:
        return sign * (distance - (v + 0.5 * a * dt) * dt), sign * (v + a * dt)
    # From here measured back from the goal, so that it is met exactly.
    braking = peak * peak / (2.0 * a)
    covered = (peak * peak - v * v) / (2.0 * a)
    cruise = max(0.0, distance - covered - braking) / peak if peak > 0.0 else 0.0
    left = cruise - (dt - ramp)
    if left > 0.0:
        return sign * (braking + peak * left), sign * peak
    left += peak / a
    if left > 0.0:
        return sign * 0.5 * a * left * left, sign * a * left
    return 0.0, 0.0
