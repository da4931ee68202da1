"""Takes an arm slowly from pose to pose, clear of table and base, and lets it come to rest."""

from collections.abc import Callable
from math import ceil

import numpy as np

from robot.arm import Arm
from robot.command import ArmState, JointCommand, Vector
from robot.loop import ControlLoop
from robot.trajectory import JointTrajectory
from robot.way import clear_way

OnTick = Callable[[JointCommand], None]

_ARRIVED = 0.02  # [rad] as near as a sagging servo gets
_STILL = 0.02  # [rad/s]
_PATIENCE = 3.0  # [s] for a lagging arm to arrive
_LOOK = 0.2  # [s] over which a measurement at rest is averaged


class Pilot:
    """Commands ``arm`` once a period of ``loop``; the jaws stay as they were found."""

    def __init__(
        self, arm: Arm, loop: ControlLoop, *, speed: float = 0.3, on_tick: OnTick | None = None
    ) -> None:
        """Begin where the arm is. speed: share of the velocity limits; on_tick hears each command.

        Needs a connected arm. Raises ArmError if it cannot be measured.
        """
        state = arm.state()
        self.arm = arm
        self.here: Vector = state.positions
        """Where the arm was last sent [n] [rad]."""
        self._gripper = state.gripper
        self._loop, self._speed, self._on_tick = loop, speed, on_tick

    def go(self, goal: Vector) -> None:
        """Move to ``goal`` [n] [rad], by a detour if need be. Raises UnreachableError, ArmError."""
        for pose in clear_way(self.arm.model, self.here, goal):
            self.follow(pose)

    def follow(self, goal: Vector, speed: float | None = None) -> None:
        """Move on the straight joint line to ``goal`` [n] [rad]."""
        way = JointTrajectory(self.here, goal, self.arm.model, velocity_scale=speed or self._speed)
        period = self._loop.period
        for tick in self._loop.run(ceil(way.duration / period) + 1):
            self.send(way.sample((tick + 1) * period)[0])

    def rest(self, seconds: float) -> Vector:
        """Wait until the arm has arrived, then ``seconds`` more; return what it measures [n] [rad].

        An arm that does not arrive is given up on after three seconds and measured as it is.
        """
        period = self._loop.period
        for _ in self._loop.run(ceil(_PATIENCE / period)):
            state = self.send(self.here)
            if _at_rest(state, self.here):
                break
        for _ in self._loop.run(ceil(seconds / period)):
            self.send(self.here)
        return self.look()

    def look(self) -> Vector:
        """Hold and return what the arm measures, averaged over 0.2 s [n] [rad]."""
        ticks = self._loop.run(ceil(_LOOK / self._loop.period))
        mean: Vector = np.mean([self.send(self.here).positions for _ in ticks], axis=0)
        return mean

    def send(self, positions: Vector) -> ArmState:
        """Command ``positions`` [n] [rad] now; return what the arm measured just before."""
        state = self.arm.state()
        applied = self.arm.command(JointCommand(positions, self._gripper))
        self.here = positions
        if self._on_tick is not None:
            self._on_tick(applied)
        return state


def _at_rest(state: ArmState, goal: Vector) -> bool:
    away = np.abs(state.positions - goal).max()
    return bool(away < _ARRIVED and np.abs(state.velocities).max() < _STILL)
