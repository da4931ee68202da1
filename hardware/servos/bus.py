"""The one interface to servos on any wire: counts and milliseconds above, bytes below."""

from collections.abc import Mapping
from typing import Protocol

from hardware.servos.boards import Board
from robot.errors import ArmError


class BusError(ArmError):
    """The bus did not do as it was asked; the message names the port, the servo and the mend."""


class PortError(BusError):
    """The port cannot be opened, is used by another program, or leads to no such board."""


class ServoSilentError(BusError):
    """A servo did not answer in time."""


class GarbledReplyError(BusError):
    """What came back is no answer to what was asked: checksum, length, servo or value."""


class ServoFaultError(BusError):
    """A servo answered that it is overloaded, too hot or short of voltage."""


class ServoBus(Protocol):
    """The servos of one arm, by their numbers 1, 2, … in counts of their position sensors.

    Used from one thread. A call is one exchange on the wire: nothing is retried, and nothing
    takes longer than ``board.reply_s`` beyond the time of its bytes, except that a servo which
    needs a rest before it can be asked again gets it. Errors are BusErrors.
    """

    @property
    def board(self) -> Board:
        """Return what kind of board this is."""

    def open(self) -> None:
        """Take the port, alone, and see that some servo answers. Nothing is written to any.

        Raises PortError that names the mend: no such port, another program has it, another board
        answers on it, or no servo does.
        """

    def ping(self, servo: int) -> None:
        """Return if ``servo`` answers and is well."""

    def read(self, servo: int) -> int:
        """Return the present position of ``servo`` [counts], within the board's range."""

    def move(self, targets: Mapping[int, int], duration_s: float) -> None:
        """Send each servo to its target [counts], to arrive ``duration_s`` [s] from now.

        They start together where the board can do that. Raises ValueError outside its range.
        """

    def torque(self, on: bool) -> None:
        """Let all servos hold, or go limp."""

    def voltage(self) -> float | None:
        """Return the supply at the servos [V]; None where the board does not tell."""

    def close(self) -> None:
        """Let go of the port; the servos keep their last target. Safe to call twice."""
