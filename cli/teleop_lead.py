"""One arm, and whoever leads it."""

from dataclasses import dataclass

from cli.arms import Cell
from cli.teleop_sources import Clutched
from hardware.errors import StaleCommandError
from robot.command import ArmState, JointCommand
from robot.forgiving import Forgiving

TOO_MANY = 10  # late commands in a row


@dataclass(slots=True)
class Lead:
    """Has ``teleoperator`` lead the arm of ``cell``.

    Where it says nothing the arm is sent where it was sent last: a server goes on holding it
    there, and neither its watchdog nor its way to rest sets in.

    side: whose arm it follows, where it is one of two.
    """

    cell: Cell
    teleoperator: Clutched
    side: str = ""
    state: ArmState | None = None
    """What the arm measured before the last command."""
    asked: bool = False
    """Whether the arm shall go anywhere; else it holds."""
    _wanted: JointCommand | None = None
    _forgiving: Forgiving | None = None

    def ask(self) -> None:
        """Measure the arm, and ask where it shall go. Raises RobotError."""
        self.state = self.cell.arm.state()
        wanted = self.teleoperator.command(self.state)
        self.asked = wanted is not None
        here = JointCommand(self.state.positions, self.state.gripper)
        self._wanted = wanted or self._wanted or here

    def send(self) -> None:
        """Send the arm there. Raises ArmError."""
        if self._wanted is not None:
            forgiving = self._forgiving or Forgiving(self.cell.arm, (StaleCommandError,), TOO_MANY)
            self._forgiving = forgiving
            forgiving.command(self._wanted)

    def mirror(self) -> None:
        """Measure how far the arm is from its twin, if it has one."""
        if self.cell.mirror is not None:
            self.cell.mirror.divergence()

    def stop(self) -> None:
        """Stop the arm, until ``release``."""
        self.cell.arm.stop()
        self.teleoperator.clutch = True

    def release(self) -> None:
        """Let the arm be led again."""
        self.cell.arm.connect()
        self._wanted = self._forgiving = None
        self.teleoperator.clutch = False
