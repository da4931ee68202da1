"""Takes an arm slowly from pose to pose, clear of table and base, and lets it come to rest."""

from math import ceil

import numpy as np

from robot.arm import Arm
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError
from robot.forgiving import Forgiving
from robot.loop import ControlLoop
from robot.trajectory import JointTrajectory
from robot.way import clear_way

_ARRIVED = 0.02  # [rad] as near as a sagging servo gets
_STILL = 0.02  # [rad/s]
_PATIENCE = 3.0  # [s] for a lagging arm to arrive
_TOO_MANY = 10  # commands in a row
_LOOK = 0.2  # [s] over which a measurement at rest is averaged


class Pilot:
    """Commands ``arm`` once a period of ``loop``; the jaws stay as they were found."""

    def __init__(
        self,
        arm: Arm,
        loop: ControlLoop,
        *,
        speed: float = 0.4,
        forgive: tuple[type[ArmError], ...] = (),
    ) -> None:
        """Begin where the connected ``arm`` is. speed: share of the velocity limits.

        forgive: errors of one command that the next command makes up for; ten in a row are not
        forgiven. Raises ArmError if the arm cannot be measured.
        """
        state = arm.state()
        self.arm = arm
        self.here: Vector = state.positions
        """Where the arm was last sent [n] [rad]."""
        self._gripper = state.gripper
        self.applied = JointCommand(self.here, self._gripper)
        """What the arm last made of a command."""
        self.loop = loop
        self._speed = speed
        self._forgiving = Forgiving(arm, forgive, _TOO_MANY)

    def go(self, goal: Vector) -> None:
        """Move to ``goal`` [n] [rad], by a detour if need be. Raises UnreachableError, ArmError."""
        for pose in clear_way(self.arm.model, self.here, goal):
            self.follow(pose)

    def follow(self, goal: Vector, speed: float | None = None) -> None:
        """Move on the straight joint line to ``goal`` [n] [rad]."""
        way = JointTrajectory(self.here, goal, self.arm.model, velocity_scale=speed or self._speed)
        period = self.loop.period
        for tick in self.loop.run(ceil(way.duration / period) + 1):
            self.send(way.sample((tick + 1) * period)[0])

    def rest(self, seconds: float) -> Vector:
        """Wait until the arm has arrived, then ``seconds`` more; return what it measures [n] [rad].

        An arm that does not arrive is given up on after three seconds and measured as it is.
        """
        period = self.loop.period
        for _ in self.loop.run(ceil(_PATIENCE / period)):
            state = self.send(self.here)
            if _at_rest(state, self.here):
                break
        for _ in self.loop.run(ceil(seconds / period)):
            self.send(self.here)
        return self.look()

    def look(self) -> Vector:
        """Hold and return what the arm measures, averaged over 0.2 s [n] [rad]."""
        ticks = self.loop.run(ceil(_LOOK / self.loop.period))
        mean: Vector = np.mean([self.send(self.here).positions for _ in ticks], axis=0)
        return mean

    def send(self, positions: Vector) -> ArmState:
        """Command ``positions`` [n] [rad] now; return what the arm measured just before."""
        state = self.arm.state()
        self.here = positions
        self.applied = self._forgiving.command(JointCommand(positions, self._gripper))
        return state


def _at_rest(state: ArmState, goal: Vector) -> bool:
    away = np.abs(state.positions - goal).max()
    return bool(away < _ARRIVED and np.abs(state.velocities).max() < _STILL)
