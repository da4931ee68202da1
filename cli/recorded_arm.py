"""An arm that whoever moves it need not know to be recorded."""

from collections.abc import Callable

from robot.arm import Arm
from robot.command import ArmState, JointCommand
from robot.model import ArmModel

Sink = Callable[[float, ArmState, JointCommand], None]
"""Hears of every command: when it was sent [s], what was measured just before, what was applied."""


class RecordedArm(Arm):
    """Passes everything on to another arm, and tells ``sink``, if there is one, of commands.

    A command that the arm refused, or that came too late, is not told.
    """

    def __init__(self, arm: Arm, clock: Callable[[], float]) -> None:
        """Wrap ``arm``; ``clock`` tells the time [s]."""
        self.sink: Sink | None = None
        self.applied: JointCommand | None = None
        """What the arm last made of a command, or where it was when it was connected since."""
        self._arm, self._clock = arm, clock

    @property
    def model(self) -> ArmModel:
        """Return what the arm is."""
        return self._arm.model

    def connect(self) -> None:
        """Connect the arm; one that was stopped on its way forgets where to."""
        self._arm.connect()
        here = self._arm.state()
        self.applied = JointCommand(here.positions, here.gripper)

    def state(self) -> ArmState:
        """Return the arm's newest measurement."""
        return self._arm.state()

    def command(self, command: JointCommand) -> JointCommand:
        """Command the arm, and tell of it."""
        if self.sink is None:
            self.applied = self._arm.command(command)
            return self.applied
        measured, stamp = self._arm.state(), self._clock()
        self.applied = self._arm.command(command)
        self.sink(stamp, measured, self.applied)
        return self.applied

    def stop(self) -> None:
        """Stop the arm."""
        self._arm.stop()

    def disconnect(self) -> None:
        """Let go of the arm."""
        self._arm.disconnect()
