"""Keep the way to a target out of the keep-outs, which judging the target alone cannot."""

import numpy as np

from robot.command import Vector
from robot.model import ArmModel
from robot.trajectory import MotionLimiter

ALLOWANCE = 0.002
"""How deep a way may pass through a keep-out [m]; the servos yield by more."""

_SAMPLES = 4  # of the braking way, at most 0.25 rad long: 0.1 mm of arc between two


class PathGuard:
    """Tells whether a motion can go on and still stop short of every keep-out.

    A motion in which braking stays outside is one from which braking is always left as the way
    out: whoever takes no step that is refused here, and brakes instead, never gets in. An arm
    that starts inside may move, but only ever shallower.
    """

    def __init__(self, model: ArmModel) -> None:
        """Guard the keep-outs of ``model``."""
        self._points, self._depths = model.kinematics.points, model.keep_out.depths
        self.reset(model.home)

    def reset(self, positions: Vector) -> None:
        """Begin at ``positions`` [n] [rad]: as deep as that is allowed from now on."""
        self._deepest = np.maximum(self._depth(positions), ALLOWANCE)

    def admits(self, motion: MotionLimiter, here: Vector) -> bool:
        """Whether from ``here`` [n] [rad] ``motion`` may get to where, and as fast as, it is."""
        poses = [motion.command.positions, *motion.braking(_SAMPLES)]
        worst = np.max([self._depth(pose) for pose in poses], axis=0)
        if (worst > np.maximum(self._deepest, self._depth(here))).any():
            return False
        self._deepest = np.maximum(np.minimum(self._deepest, worst), ALLOWANCE)
        return True

    def _depth(self, positions: Vector) -> Vector:
        return np.array(self._depths(self._points(positions)))
