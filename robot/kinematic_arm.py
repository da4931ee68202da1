"""An arm without physics: it is where its motion limits let it be by now."""

import time
from collections.abc import Callable

from robot.arm import Arm
from robot.command import ArmState, JointCommand, Vector
from robot.errors import ArmError
from robot.limits import SafetyLimits
from robot.model import ArmModel
from robot.trajectory import MotionLimiter


class KinematicArm(Arm):
    """Ideal arm on a clock: follows commands within limits, without error, lag or load.

    Shows what motion the limits alone leave: a twin to measure a real arm against, and the
    lightest arm to try a source of commands on. Moves only when asked, as far as ``clock`` has
    advanced since; not for use from several threads.
    """

    def __init__(
        self,
        model: ArmModel,
        *,
        positions: Vector | None = None,
        limits: SafetyLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Place the arm at rest at ``positions`` [n] [rad] (home if None), jaws open.

        limits: what commands may ask; all limits of ``model`` if None. clock: [s], monotonic.
        """
        self._model = model
        self._limits = limits or SafetyLimits(model)
        self._clock = clock
        self._motion = MotionLimiter(model)
        if positions is not None:
            self._motion.reset(positions, model.gripper.max_opening)
        self._target: JointCommand | None = None
        self._connected = self._stopped = False
        self._stamp = clock()

    @property
    def model(self) -> ArmModel:
        """Return what this arm is."""
        return self._model

    def connect(self) -> None:
        """Make the arm ready for commands; releases the latch of ``stop``."""
        self._connected, self._stopped = True, False

    def state(self) -> ArmState:
        """Return where the arm is now. Raises ArmError if it is not connected."""
        self._check_connected()
        self._advance()
        now = self._motion.command
        faults = ("stopped",) if self._stopped else ()
        return ArmState(now.positions, self._motion.velocity, now.gripper, self._stamp, faults)

    def command(self, command: JointCommand) -> JointCommand:
        """Move towards ``command`` and return it as the safety limits allowed it.

        Raises ArmError if the arm is not connected or was stopped, and CommandRefusedError.
        """
        measured = self.state()
        if self._stopped:
            raise ArmError(f"{self._model.title} was stopped: connect anew to move it")
        self._target = self._limits.admit(command, measured).command
        return self._target

    def stop(self) -> None:
        """Brake within the acceleration limits and hold; commands raise until connected anew."""
        self._release()
        self._stopped = True

    def disconnect(self) -> None:
        """Brake, hold and let go."""
        self._release()
        self._connected = False

    def _release(self) -> None:
        self._advance()
        self._target = None

    def _advance(self) -> None:
        now = self._clock()
        elapsed, self._stamp = now - self._stamp, now
        if self._target is None:
            self._motion.hold(elapsed)
        else:
            self._motion.step(self._target, elapsed)

    def _check_connected(self) -> None:
        if not self._connected:
            raise ArmError(f"{self._model.title} is not connected: call connect() first")
