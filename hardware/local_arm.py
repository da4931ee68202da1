"""The server's own arm for a program inside the server: the same doors as from the network."""

import time
from collections.abc import Callable
from threading import Lock

from hardware.motion import Motion
from hardware.refusal import Refusal
from robot.arm import Arm
from robot.command import ArmState, JointCommand
from robot.errors import ArmError
from robot.limits import SafetyLimits
from robot.model import ArmModel

_STALE = 1.0  # [s] since the last measurement after which the driver hangs, as for a RemoteArm


class LocalArm(Arm):
    """Moves the arm by ``motion``, so limits, keep-outs, soft start, stop and watchdog act.

    The right to move it ends for good with ``revoke``, from any thread, and while nobody watches.
    """

    def __init__(
        self,
        model: ArmModel,
        motion: Motion,
        measured: Callable[[], ArmState],
        patience_s: float | None = None,
    ) -> None:
        """Prepare to command ``motion`` from where the arm is ``measured`` to be.

        patience_s: how long commands are taken after the last ``watched`` [s]; None for ever.
        """
        self._model, self._motion, self._measured = model, motion, measured
        self._limits = SafetyLimits(model)
        self._patience_s = patience_s
        self._lock = Lock()
        self._connected = False
        self._revoked: str | None = None
        self._watched = self.last_command = time.monotonic()

    @property
    def model(self) -> ArmModel:
        """Return the arm served."""
        return self._model

    def connect(self) -> None:
        """Hold for a new controller, whose first move is slow. Raises ArmError if revoked."""
        with self._lock:
            self._connected = True
            self._check()
            self._motion.resume()

    def state(self) -> ArmState:
        """Return the newest measurement. Raises ArmError if revoked or nothing is measured."""
        self._check()
        state = self._measured()
        age = time.monotonic() - state.stamp
        if age > _STALE:
            raise ArmError(f"the arm was last measured {age:.1f} s ago: its driver hangs")
        return state

    def command(self, command: JointCommand) -> JointCommand:
        """Move towards ``command``, within the safety limits, and return it as applied.

        Raises CommandRefusedError for one that cannot be followed, ArmError if the arm is
        stopped, or no longer to be moved from here.
        """
        admitted = self._limits.admit(command, self.state()).command
        with self._lock:  # what revokes it and then holds shall have the last word
            self._check()
            try:
                self._motion.follow(admitted)
            except Refusal as refusal:
                raise ArmError(str(refusal)) from None
            self.last_command = time.monotonic()
        return admitted

    def stop(self) -> None:
        """Hold and refuse commands until connected anew; nothing once revoked."""
        with self._lock:  # or one that hangs would stop whoever moves the arm by now
            if self._connected and self._revoked is None:
                self._motion.stop("stop by the policy", emergency=False)

    def disconnect(self) -> None:
        """Let go; the arm holds, unless another has it by now."""
        with self._lock:
            if self._connected and self._revoked is None:
                self._motion.hold("the policy has ended")
            self._connected = False

    def revoke(self, cause: str) -> None:
        """Take no further command. Whoever revokes it then decides what the arm does."""
        with self._lock:
            self._revoked = self._revoked or cause

    def watched(self) -> None:
        """Note that somebody watches now."""
        self._watched = time.monotonic()

    def _check(self) -> None:
        if self._revoked is not None:
            raise ArmError(self._revoked)
        if not self._connected:
            raise ArmError("not connected: call connect() first")
        silence = time.monotonic() - self._watched
        if self._patience_s is not None and silence > self._patience_s:
            raise ArmError(f"the workstation has not watched for {silence:.1f} s")
