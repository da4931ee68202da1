"""Drives an arm by a recorded script: slowly to where it begins, then at its own times."""

import time
from collections import deque
from collections.abc import Callable
from typing import Self

import numpy as np

from robot.command import ArmState, JointCommand, Vector
from robot.model import ArmModel
from robot.motion_script import MotionScript
from robot.trajectory import MotionLimiter
from robot.way import clear_way

_APPROACH = 0.25  # of the velocity limits
_LONGEST = 0.25  # [s] between two commands; after a longer pause it begins anew


class ScriptTeleoperator:
    """A ``Teleoperator``: follows a ``MotionScript`` within velocity and acceleration limits.

    After a clutch or a pause it goes back slowly to where the script was, and on from there.
    """

    def __init__(
        self, model: ArmModel, script: MotionScript, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Drive an arm of ``model`` by ``script``. clock: [s]."""
        self._model, self._script, self._clock = model, script, clock
        self._approach = MotionLimiter(model, velocity_scale=_APPROACH)
        self._limiter = MotionLimiter(model)
        self._way: deque[Vector] | None = None
        self._t, self._last = 0.0, -np.inf
        self.clutch = False
        """While true the arm holds, and the script waits."""
        self.ended = False
        """Whether the arm was sent to the last row."""
        self.status = "holding: not begun"

    @property
    def stopped(self) -> bool:
        """Return False: a script stops no arm."""
        return False

    def command(self, state: ArmState) -> JointCommand | None:
        """Return where the arm shall go now; None at the end, or while the clutch is pressed.

        Raises UnreachableError if there is no way to the script clear of table and base.
        """
        now = self._clock()
        dt, self._last = now - self._last, now
        if self.clutch or self.ended:
            self.status, self._way = "clutch" if self.clutch else "holding: done", None
            return None
        if self._way is None or dt > _LONGEST:
            self._begin(state)
            dt = 0.0
        return self._go(dt) if self._way else self._follow(dt)

    def restart(self) -> None:
        """Begin the script anew, slowly."""
        self._t, self._way, self.ended = 0.0, None, False

    def _begin(self, state: ArmState) -> None:
        goal = self._script.at(self._t).positions
        self._way = deque(clear_way(self._model, state.positions, goal))
        self._approach.reset(state.positions, state.gripper)
        self._limiter.reset(goal, state.gripper)

    def _go(self, dt: float) -> JointCommand:
        """Approach the script, jaws as they were found."""
        assert self._way
        self.status = "slowly to the script"
        gripper = self._approach.command.gripper
        here = self._approach.step(JointCommand(self._way[0], gripper), dt)
        if np.array_equal(here.positions, self._way[0]):
            self._way.popleft()
        return here

    def _follow(self, dt: float) -> JointCommand:
        self._t = min(self._t + dt, self._script.duration)
        self.status = f"following: {self._t:.1f} of {self._script.duration:.1f} s"
        wanted = self._script.at(self._t)
        here = self._limiter.step(wanted, dt)
        arrived = np.array_equal(here.positions, wanted.positions)
        self.ended = self._t == self._script.duration and arrived and here.gripper == wanted.gripper
        return here

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.clutch = False
