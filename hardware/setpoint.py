"""Where the servos are sent next: one small step a period, as the present order asks."""

import numpy as np

from hardware.motion import Mode, Order
from robot.command import ArmState, JointCommand
from robot.keep_out_path import PathGuard
from robot.limits import SafetyLimits
from robot.model import ArmModel
from robot.soft_start import SoftStart
from robot.trajectory import MotionLimiter

BLOCKED = "keep-out on the way: holding short of it until another target is commanded"
"""The fault that telemetry names while the arm will not go on to its target."""

_SAG = 0.05  # [rad] a loaded servo stays off its target; to follow that would let the arm sink
_SETTLING = 0.2  # [s] of standing still: a servo told to hold swings back at first
_STILL = 0.1  # [rad/s] noise of one count a period


class SetPoint:
    """The commanded motion: within motion limits, softly begun, and out of the keep-outs."""

    def __init__(self, model: ArmModel) -> None:
        """Take every limit of ``model``. Call ``begin`` before the first step."""
        self._limits = SafetyLimits(model)
        self._limiter = MotionLimiter(model)
        self._soft_start = SoftStart(model)
        self._path = PathGuard(model)
        self._straight = False
        self._wary: Order | None = None
        self._controller = 0
        self._holding: Order | None = None
        self._settles_in = 0.0
        self.blocked: Order | None = None
        """The newest order that led into a keep-out."""

    @property
    def command(self) -> JointCommand:
        """Return where the motion is now."""
        return self._limiter.command

    def begin(self, state: ArmState, held: JointCommand | None = None) -> None:
        """Stand still where the arm is measured to be; the next motion begins softly.

        held: what the servos hold, which an arm that merely sags below it goes on from.
        """
        self.stand(held or JointCommand(state.positions, state.gripper))
        self._soft_start.reset()
        self._anchor(state)

    def stand(self, here: JointCommand) -> None:
        """Stand still at ``here``, at once."""
        self._limiter.reset(here.positions, here.gripper)
        self._path.reset(here.positions)

    def grip(self, opening: float) -> None:
        """Go on with the jaws ``opening`` apart [m], where they were really sent."""
        self._limiter.grip(opening)

    def step(self, order: Order, state: ArmState, dt: float) -> JointCommand:
        """Return where to be ``dt`` [s] later, from the measured ``state``, under ``order``.

        Joints that each go as fast as they may can dip where the straight joint line rises, and
        an arm low over the table would never get away. So where that is refused, the arm brakes
        and goes on from a stand on the straight line; where that is, too, it holds.
        """
        if order.controller != self._controller:
            self._take_over(order, state)
        if order.target is None:
            self._settle(order, state, dt)
        elif order is self.blocked or not self._advance(order, order.target, state, dt):
            self.blocked, self._straight = order, False
            self._limiter.hold(dt)
        return self.command

    def _advance(self, order: Order, target: JointCommand, state: ArmState, dt: float) -> bool:
        if order.mode is Mode.RESTING:
            self._soft_start.reset()
            target = self._limits.admit(target, state).command
        here = self.command.positions
        near = self._soft_start.shorten(target, here, dt)
        if order is not self._wary:
            if self._tried(near, dt, straight=False):
                return True
            self._wary = order
        if self._straight or not self._limiter.velocity.any():
            return self._tried(near, dt, straight=True)
        self._limiter.hold(dt)
        return True

    def _tried(self, target: JointCommand, dt: float, *, straight: bool) -> bool:
        """Move on towards ``target`` if that keeps out; return whether it does."""
        trial = self._limiter.copy()
        trial.step(target, dt, straight=straight)
        if not self._path.admits(trial, self.command.positions):
            return False
        self._limiter, self._straight = trial, straight
        return True

    def _take_over(self, order: Order, state: ArmState) -> None:
        self._controller = order.controller
        self._soft_start.reset()
        if not self._limiter.velocity.any():
            self._anchor(state)

    def _settle(self, order: Order, state: ArmState, dt: float) -> None:
        """Stand; once, when the arm has come to rest too, make up for what came between."""
        if order is not self._holding:
            self._holding, self._settles_in = order, _SETTLING
        if self._settles_in > 0.0 and np.abs(state.velocities).max() < _STILL:
            self._settles_in -= dt
            if self._settles_in <= 0.0:
                self._anchor(state)

    def _anchor(self, state: ArmState) -> None:
        """Stand where the arm was moved or kept back to. The jaws keep what they hold."""
        here = self.command
        if np.abs(state.positions - here.positions).max() > _SAG:
            self.stand(JointCommand(state.positions, here.gripper))
