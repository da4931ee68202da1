"""Joints that go where they are sent: an emulated arm of any model, without board or servos."""

import time
from collections.abc import Callable

import numpy as np

from hardware.driver import never
from robot.command import ArmState, JointCommand, Vector
from robot.model import ArmModel

_LAG = 0.03  # [s] in which the last of an error closes to 1/e
_SLOWEST = 1e-9  # of jaws that are not there


class IdealJoints:
    """An ``ArmDriver`` at 100 Hz: full speed towards the target, then exponentially."""

    rate_hz = 100.0
    """How often they can be read and written [Hz]."""

    def __init__(self, model: ArmModel, clock: Callable[[], float] = time.monotonic) -> None:
        """Place the arm in its home pose, jaws open."""
        speeds = np.append(model.max_velocity, model.gripper.max_opening_velocity)
        self._speed = np.maximum(speeds, _SLOWEST)
        self._place: Vector = np.append(model.home, model.gripper.max_opening)
        self._target = self._place
        self._clock, self._now = clock, clock()
        self._measured, self._measured_at = self._place, self._now

    @property
    def true_positions(self) -> Vector:
        """Return where the joints are now [n] [rad]."""
        self._travel()
        return self._place[:-1]

    def open(self) -> None:
        """Nothing has to be taken over."""

    def read(self, give_up: Callable[[], bool] = never) -> ArmState | None:
        """Return the arm as it is now; None if asked to give up."""
        return None if give_up() else self.measure()

    def measure(self) -> ArmState:
        """Return the arm as it is now."""
        self._travel()
        elapsed = max(1e-9, self._now - self._measured_at)
        velocity = (self._place - self._measured)[:-1] / elapsed
        self._measured, self._measured_at = self._place, self._now
        return ArmState(self._place[:-1], velocity, self._place[-1], self._now)

    def write(self, command: JointCommand) -> JointCommand:
        """Set the target, and return it."""
        self._travel()
        self._target = np.append(command.positions, command.gripper)
        return command

    def hold(self) -> JointCommand:
        """Stop right here, and return where that is."""
        self._travel()
        self._target = self._place
        return JointCommand(self._place[:-1], float(self._place[-1]))

    def close(self) -> None:
        """Nothing has to be let go of."""

    def _travel(self) -> None:
        now = self._clock()
        dt, self._now = now - self._now, now
        error = self._target - self._place
        distance = np.abs(error)
        cruise = np.clip(distance / self._speed - _LAG, 0.0, dt)
        left = (distance - self._speed * cruise) * np.exp(-(dt - cruise) / _LAG)
        self._place = self._target - np.sign(error) * left
