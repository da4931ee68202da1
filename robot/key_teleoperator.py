"""Drives an arm by keys: joint by joint, or the tool along x, y and z."""

import time
from collections.abc import Callable
from typing import Self

import numpy as np

from robot.command import ArmState, JointCommand, Vector
from robot.limits import SafetyLimits
from robot.model import ArmModel
from robot.trajectory import MotionLimiter

JOINT_KEYS = tuple(zip("qwertyu", "asdfghj", strict=True))
"""Keys that turn each joint forth and back, from the base on."""
TOOL_KEYS = {
    "up": (1.0, 0.0, 0.0),
    "down": (-1.0, 0.0, 0.0),
    "left": (0.0, 1.0, 0.0),
    "right": (0.0, -1.0, 0.0),
    "page up": (0.0, 0.0, 1.0),
    "page down": (0.0, 0.0, -1.0),
}
"""Keys that move the tool, and where to in the base frame."""
JAW_KEYS = {"o": 1.0, "c": -1.0}
SPEED_KEYS = {"+": 1.25, "=": 1.25, "-": 0.8}

_HELD = 0.15  # [s] after its last repetition a key counts as let go
_LONGEST = 0.25  # [s] between two commands; after a longer pause it begins anew
_MOVED = 0.1  # [rad] further from where it was sent than any servo gives way
_TOOL_SPEED = 0.4  # [m/s] at full speed
_DAMPING = 0.02  # [m] keeps joint speeds finite near singular poses
_SLOWEST, _FIRST_SPEED = 0.05, 0.3  # of the velocity limits


class KeyTeleoperator:
    """A ``Teleoperator``: the arm moves while a key is held, that is repeated, and then holds.

    Commands keep to velocity and acceleration limits, and stop at what ``SafetyLimits`` allow.
    Keys are handed in by ``press``, whoever reads them; stopping is left to that one, too.
    """

    def __init__(self, model: ArmModel, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Drive an arm of ``model``. clock: [s]."""
        self._model, self._clock = model, clock
        self._limiter, self._limits = MotionLimiter(model), SafetyLimits(model)
        self._target = self._limiter.command
        self._pressed: dict[str, float] = {}
        self._last = -np.inf
        self.speed = _FIRST_SPEED
        """Share of the velocity limits."""
        self.clutch = False
        """While true the arm holds, whatever is pressed."""
        self.status = "holding: no key"

    @property
    def stopped(self) -> bool:
        """Return False: no key here stops the arm."""
        return False

    @property
    def legend(self) -> list[str]:
        """Return what the keys are for, in lines."""
        pairs = zip(self._model.joints, JOINT_KEYS, strict=False)
        joints = ", ".join(f"{name} {forth}/{back}" for name, (forth, back) in pairs)
        return [
            f"joints: {joints}",
            "tool: arrows for x and y, page up and down for z; jaws: o open, c close",
            "speed: + and -",
        ]

    def press(self, key: str) -> None:
        """Take in that ``key`` was pressed or repeated now; not while the clutch is."""
        if self.clutch:
            return
        if key in SPEED_KEYS:
            self.speed = float(np.clip(self.speed * SPEED_KEYS[key], _SLOWEST, 1.0))
        self._pressed[key] = self._clock()

    def command(self, state: ArmState) -> JointCommand | None:
        """Return where the arm shall go now; None once no key is held and it has arrived."""
        now = self._clock()
        dt, self._last = now - self._last, now
        held = [key for key, since in self._pressed.items() if now - since < _HELD]
        if self._begins_anew(state, dt):
            self._limiter.reset(state.positions, state.gripper)
            self._target, dt = self._limiter.command, 0.0
        if not self.clutch and (wish := self._wish(held)) is not None:
            self._move(wish, state, dt)
            self.status = f"following: speed {self.speed:.0%}"
            return self._limiter.step(self._target, dt)
        self.status = "clutch" if self.clutch else "holding: no key"
        if not self._arrived():
            return self._limiter.step(self._target, dt)
        self._last = -np.inf if self.clutch else now
        return None

    def _begins_anew(self, state: ArmState, dt: float) -> bool:
        """Return whether the arm may be elsewhere than it was sent."""
        away = np.abs(state.positions - self._target.positions).max()
        return dt > _LONGEST or bool(away > _MOVED and self._arrived())

    def _arrived(self) -> bool:
        here = self._limiter.command
        at_target = np.array_equal(here.positions, self._target.positions)
        return at_target and here.gripper == self._target.gripper

    def _wish(self, held: list[str]) -> tuple[Vector, float] | None:
        """Return joint velocities [n] [rad/s] and that of the jaws [m/s]; None for no key."""
        turns, jaws = self._turns(held), sum(JAW_KEYS.get(key, 0.0) for key in held)
        if not jaws and not turns.any():
            return None
        return turns, jaws * self.speed * self._model.gripper.max_opening_velocity

    def _turns(self, held: list[str]) -> Vector:
        most = self.speed * self._model.max_velocity
        turns = np.zeros(self._model.n)
        for joint, (forth, back) in zip(range(self._model.n), JOINT_KEYS, strict=False):
            turns[joint] = most[joint] * ((forth in held) - (back in held))
        if towards := [TOOL_KEYS[key] for key in held if key in TOOL_KEYS]:
            turns += self._towards(self.speed * _TOOL_SPEED * np.sum(towards, axis=0))
        return turns / max(1.0, float(np.abs(turns / most).max()))

    def _towards(self, velocity: Vector) -> Vector:
        """Return joint velocities [n] [rad/s] that move the tool by ``velocity`` [3] [m/s].

        Damped least squares: Nakamura and Hanafusa 1986, Inverse kinematic solutions with
        singularity robustness for robot manipulator control.
        """
        jacobian = self._model.kinematics.jacobian(self._target.positions)[:3]
        damped = jacobian @ jacobian.T + _DAMPING**2 * np.eye(3)
        turns: Vector = jacobian.T @ np.linalg.solve(damped, velocity)
        return turns

    def _move(self, wish: tuple[Vector, float], state: ArmState, dt: float) -> None:
        turns, jaws = wish
        wanted = JointCommand(self._target.positions + dt * turns, self._target.gripper + dt * jaws)
        self._target = self._limits.admit(wanted, state).command

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pressed.clear()
