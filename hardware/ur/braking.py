"""Coming to rest from where a target moves, at a steady deceleration."""

import numpy as np

from robot.command import Vector


class Braking:
    """The way that joints still have to go until they stand: s = v²/2a, in the time v/a."""

    def __init__(self, velocity: Vector, deceleration: Vector, now: float) -> None:
        """Brake from ``velocity`` [n] [rad/s] at ``deceleration`` [n] [rad/s²] from ``now`` [s]."""
        self._sense = np.sign(velocity)
        self._deceleration = deceleration
        self._ends = now + np.abs(velocity) / deceleration

    def left(self, now: float) -> Vector:
        """Return how far each joint is from its end at time ``now`` [s], in its sense [rad]."""
        seconds = np.maximum(0.0, self._ends - now)
        return np.asarray(self._sense * self._deceleration * seconds**2 / 2.0)
