"""What moves the joints: the one seam between the server and any kind of actuator."""

from typing import Protocol

from robot.command import ArmState, JointCommand


class ArmDriver(Protocol):
    """Position servos of one arm, in radians and metres.

    The server calls it from a single thread, at a fixed rate, with small steps: ``open``, then
    ``read`` and ``write`` every period, ``hold`` on a stop, ``close`` at the end. Counts, serial
    frames, retries and calibration stay behind it. Every method raises ArmError, naming the
    part at fault and the mend, when the actuators do not answer as they should.
    """

    def open(self) -> None:
        """Take the actuators over without moving them."""

    def read(self) -> ArmState:
        """Measure; the stamp is on this machine's monotonic clock [s]."""

    def write(self, command: JointCommand) -> None:
        """Set the target, one period's motion away from the last."""

    def hold(self) -> None:
        """Stop now: make the measured pose the target."""

    def close(self) -> None:
        """Let go of the port; the actuators keep their last target. Safe to call twice."""
