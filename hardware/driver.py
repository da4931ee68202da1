"""What moves the joints: the one seam between the server and any kind of actuator."""

from collections.abc import Callable
from typing import Protocol

from robot.command import ArmState, JointCommand


def never() -> bool:
    """Return False: what to ask whether to give up when there is no reason to."""
    return False


class ArmDriver(Protocol):
    """Position servos of one arm, in radians and metres.

    The server calls it from a single thread, at a fixed rate, with small steps: ``open``, then
    ``read`` and ``write`` every period, ``hold`` on a stop, ``close`` at the end. Counts, serial
    frames, retries and calibration stay behind it. Every method raises ArmError, naming the
    part at fault and the mend, when the actuators do not answer as they should.
    """

    @property
    def rate_hz(self) -> float:
        """Return how often the actuators can be read and written [Hz]."""

    def open(self) -> None:
        """Take the actuators over without moving them."""

    def read(self, give_up: Callable[[], bool] = never) -> ArmState | None:
        """Measure; the stamp is on this machine's monotonic clock [s].

        Asks ``give_up`` between any two exchanges with the actuators, and returns None as soon
        as it says so: a stop must not wait for the rest of a measurement.
        """

    def write(self, command: JointCommand) -> JointCommand:
        """Set the target, one period's motion away from the last.

        Returns it with the opening that the jaws are really sent to: they need not follow at
        once, nor squeeze what they hold for all they are worth.
        """

    def hold(self) -> JointCommand:
        """Stop now, where the arm was last measured; return the target from here on.

        Measures nothing first. Where the arm is near its target already, as a loaded servo is,
        it keeps that, and jaws keep their grip.
        """

    def close(self) -> None:
        """Let go of the port; the actuators keep their last target. Safe to call twice.

        Only an arm that lies in its rest pose may go limp.
        """
