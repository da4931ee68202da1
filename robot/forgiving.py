"""Commands an arm once a period, and lets the next command make up for one that came late."""

from robot.arm import Arm
from robot.command import JointCommand
from robot.errors import ArmError


class Forgiving:
    """``Forgiving(arm, (LateError,), most=5).command(command)``."""

    def __init__(self, arm: Arm, errors: tuple[type[ArmError], ...], most: int) -> None:
        """Let ``errors`` of single commands to ``arm`` pass, but not ``most`` in a row."""
        self._arm, self._errors, self._most = arm, errors, most
        self._applied: JointCommand | None = None
        self._missed = 0

    def command(self, command: JointCommand) -> JointCommand:
        """Send ``command`` and return what the arm applied last, this one or one before.

        Raises ArmError.
        """
        try:
            self._applied = self._arm.command(command)
            self._missed = 0
        except self._errors:
            self._missed += 1
            if self._missed >= self._most:
                raise
        return self._applied or self._measured()

    def _measured(self) -> JointCommand:
        """Return where an arm is that has followed no command yet."""
        state = self._arm.state()
        return JointCommand(state.positions, state.gripper)
