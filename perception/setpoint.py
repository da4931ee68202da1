"""The point that an arm is led by: never faster than it may, and slowly at first."""

import numpy as np

from robot.command import ArmState, JointCommand
from robot.model import ArmModel
from robot.soft_start import SoftStart
from robot.trajectory import MotionLimiter

_LONGEST = 0.25  # [s] between two commands; after a longer pause the arm has come to rest
_SETTLED = 0.5  # [s] after which a holding arm is where it was sent, unless something moved it
_MOVED = 0.1  # [rad] further from there than any servo gives way


class Setpoint:
    """Within velocity and acceleration limits wherever targets are; times [s] of one clock."""

    def __init__(self, model: ArmModel) -> None:
        """Lead an arm of ``model``."""
        self._limiter, self._soft_start = MotionLimiter(model), SoftStart(model)
        self._last: float | None = None
        self._resting_since: float | None = -np.inf

    @property
    def here(self) -> JointCommand:
        """Return where it is now."""
        return self._limiter.command

    def begin(self, state: ArmState, now: float) -> JointCommand:
        """Begin to follow slowly from where the arm was sent, or is if it was moved since.

        Not always from where it is: each time, it would sag a little.
        """
        since = self._resting_since
        if since is not None and now - since > _SETTLED:
            away = np.abs(state.positions - self.here.positions).max()
            if away > _MOVED or np.isneginf(since):
                self._limiter.reset(state.positions, state.gripper)
        self._resting_since = None
        self._soft_start.reset()
        return self.here

    def follow(self, target: JointCommand, now: float) -> JointCommand:
        """Return where the arm shall be at ``now`` on its way to ``target``."""
        dt = self._elapsed(now)
        if dt > _LONGEST:
            self._soft_start.reset()
            return self._limiter.hold(dt)
        near = self._soft_start.shorten(target, self.here.positions, dt)
        return self._limiter.step(near, dt)

    def brake(self, now: float) -> JointCommand | None:
        """Return where the arm shall be as it comes to hold; None once it does."""
        dt = self._elapsed(now)
        if self._limiter.velocity.any():
            return self._limiter.hold(dt)
        self._resting_since = now if self._resting_since is None else self._resting_since
        return None

    def _elapsed(self, now: float) -> float:
        dt = 0.0 if self._last is None else max(0.0, now - self._last)
        self._last = now
        return dt
