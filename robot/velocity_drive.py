"""Leads an arm by velocities: joint by joint, or the tool along x, y and z."""

from collections.abc import Callable

import numpy as np

from robot.command import ArmState, JointCommand, Vector
from robot.limits import SafetyLimits
from robot.model import ArmModel
from robot.trajectory import MotionLimiter

_LONGEST = 0.25  # [s] between two commands; after a longer pause it begins anew
_MOVED = 0.1  # [rad] further from where it was sent than any servo gives way
_TOOL_SPEED = 0.4  # [m/s] at full speed
_DAMPING = 0.02  # [m] keeps joint speeds finite near singular poses

Wish = tuple[Vector, float]
"""Velocities of the joints [n] [rad/s], and of the jaws [m/s]."""


class VelocityDrive:
    """Commands keep to velocity and acceleration limits, and stop at what SafetyLimits allow."""

    def __init__(self, model: ArmModel, clock: Callable[[], float]) -> None:
        """Lead an arm of ``model``. clock: [s]."""
        self._model, self._clock = model, clock
        self._limiter, self._limits = MotionLimiter(model), SafetyLimits(model)
        self._target = self._limiter.command
        self._last = -np.inf

    def wish(self, speed: float, joints: Vector, tool: Vector, jaws: float) -> Wish | None:
        """Return the velocities that are asked for; None if that is none.

        speed: share of the limits that 1 stands for. joints: [n], each -1 to 1. tool: [3] in the
        base frame, likewise. jaws: 1 opens them.
        """
        if not (joints.any() or tool.any() or jaws):
            return None
        most = speed * self._model.max_velocity
        turns = most * joints
        if tool.any():
            turns = turns + self._towards(speed * _TOOL_SPEED * tool)
        turns = turns / max(1.0, float(np.abs(turns / most).max()))
        return turns, jaws * speed * self._model.gripper.max_opening_velocity

    def command(self, state: ArmState, wish: Wish | None) -> JointCommand | None:
        """Return where the arm shall go now; None once nothing is asked for and it has arrived."""
        now = self._clock()
        dt, self._last = now - self._last, now
        if self._begins_anew(state, dt):
            self._limiter.reset(state.positions, state.gripper)
            self._target, dt = self._limiter.command, 0.0
        if wish is not None:
            self._move(wish, state, dt)
        elif self._arrived():
            return None
        return self._limiter.step(self._target, dt)

    def forget(self) -> None:
        """Begin anew, from where the arm is then, once it has arrived."""
        if self._arrived():
            self._last = -np.inf

    def _begins_anew(self, state: ArmState, dt: float) -> bool:
        """Return whether the arm may be elsewhere than it was sent."""
        away = np.abs(state.positions - self._target.positions).max()
        return dt > _LONGEST or bool(away > _MOVED and self._arrived())

    def _arrived(self) -> bool:
        here = self._limiter.command
        at_target = np.array_equal(here.positions, self._target.positions)
        return at_target and here.gripper == self._target.gripper

    def _towards(self, velocity: Vector) -> Vector:
        """Return joint velocities [n] [rad/s] that move the tool by ``velocity`` [3] [m/s].

        Damped least squares: Nakamura and Hanafusa 1986, Inverse kinematic solutions with
        singularity robustness for robot manipulator control.
        """
        jacobian = self._model.kinematics.jacobian(self._target.positions)[:3]
        damped = jacobian @ jacobian.T + _DAMPING**2 * np.eye(3)
        turns: Vector = jacobian.T @ np.linalg.solve(damped, velocity)
        return turns

    def _move(self, wish: Wish, state: ArmState, dt: float) -> None:
        turns, jaws = wish
        wanted = JointCommand(self._target.positions + dt * turns, self._target.gripper + dt * jaws)
        self._target = self._limits.admit(wanted, state).command
