"""The interface that every arm implements: simulated, remote, or two mirrored ones."""

from typing import Protocol, Self, runtime_checkable

from robot.command import ArmState, JointCommand
from robot.model import ArmModel


@runtime_checkable
class Arm(Protocol):
    """An arm that follows joint commands and says what it really applied.

    Used as a context manager: entering connects, leaving stops and disconnects, whatever
    happened in between; classes that derive from this one inherit that.
    ``tests/contracts/arm_contract.py`` holds what every arm must pass.
    """

    @property
    def model(self) -> ArmModel:
        """Return what this arm is: joints, limits, gripper, kinematics."""

    def connect(self) -> None:
        """Make the arm ready for commands without moving it. Raises ArmError."""

    def state(self) -> ArmState:
        """Return the newest measurement. Raises ArmError if the arm is gone."""

    def command(self, command: JointCommand) -> JointCommand:
        """Move towards ``command`` and return the command as applied after every limit.

        Returns at once; motion goes on until the target is reached or replaced.
        Raises ArmError if the command is not finite, has the wrong number of joints, or the
        arm is not connected, has faulted or was stopped.
        """

    def stop(self) -> None:
        """Stop moving now and hold. Latched: commands raise until connected anew."""

    def disconnect(self) -> None:
        """Let go of the arm. Safe to call twice."""

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.stop()
        finally:
            self.disconnect()
