"""Slow first move: after power-on, a stop or a rest, the arm first creeps to its target."""

import numpy as np

from robot.command import JointCommand, Vector
from robot.model import ArmModel

_CREEP = 0.2  # of the greatest joint velocity
_CAUGHT_UP = 0.02  # [rad]
_LONGEST = 2.0  # [s]
_RAMP = 0.5  # [s]
_TINY = 1e-12  # [rad]


class SoftStart:
    """Slows the way to a target without knowing how it is travelled.

    Creeps until the target was caught up with, or for two seconds where it keeps moving, then
    ramps up to full speed. A limiter that can brake at ``a`` never drives faster than
    ``sqrt(2 a d)`` towards a target ``d`` away, so showing it the target no further away than
    ``v²/2a`` keeps it at ``v`` or below.
    """

    def __init__(self, model: ArmModel) -> None:
        """Take velocity and acceleration limits of ``model``."""
        self._braking = model.max_velocity**2 / (2.0 * model.max_acceleration)
        self.reset()

    def reset(self) -> None:
        """Begin again, slowly."""
        self._pace = _CREEP
        self._crept = 0.0

    def shorten(self, target: JointCommand, here: Vector, dt: float) -> JointCommand:
        """Return ``target``, brought nearer to ``here`` [n] [rad] for the next ``dt`` [s].

        On the straight line to it, so that a way that is clear stays so.
        """
        self._crept += dt
        distance = np.abs(target.positions - here).max()
        if distance < _CAUGHT_UP or self._crept > _LONGEST or self._pace > _CREEP:
            self._pace = min(1.0, self._pace + (1.0 - _CREEP) * dt / _RAMP)
        if self._pace == 1.0:
            return target
        reach, way = self._pace**2 * self._braking, target.positions - here
        share = min(1.0, float(np.divide(reach, np.maximum(np.abs(way), _TINY)).min()))
        return JointCommand(here + share * way, target.gripper)
