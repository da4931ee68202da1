"""What the serial boards share: opening the line, and finding out what is on it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from hardware.servos.boards import Board
from hardware.servos.bus import BusError, PortError
from hardware.servos.presence import require_a_servo
from hardware.servos.recognition import what_answers
from hardware.servos.serial_line import SerialLine


class SerialBus(ABC):
    """A ServoBus on a serial line; a board adds its frames."""

    def __init__(self, board: Board, device: str, servos: int = 6) -> None:
        self._board = board
        self._servos = servos
        self._line = SerialLine(device, board.baud, board.reply_s)

    @property
    def board(self) -> Board:
        """Return what kind of board this is."""
        return self._board

    def open(self) -> None:
        """Take the port, alone. Raises PortError; nothing is written to a servo.

        Where nothing of this board answers, the error says what else does.
        """
        self._line.open()
        try:
            self._find()
        except BusError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the port; the servos keep their last target. Safe to call twice."""
        self._line.close()

    def voltage(self) -> float | None:
        """Return the supply at the servos [V]; None where the board does not tell."""
        return None

    @abstractmethod
    def ping(self, servo: int) -> None:
        """Return if ``servo`` answers and is well."""

    @abstractmethod
    def read(self, servo: int) -> int:
        """Return the present position of ``servo`` [counts]."""

    @abstractmethod
    def move(self, targets: Mapping[int, int], duration_s: float) -> None:
        """Send each servo to its target [counts] in ``duration_s`` [s]."""

    @abstractmethod
    def torque(self, on: bool) -> None:
        """Let all servos hold, or go limp."""

    def _find(self) -> None:
        try:
            require_a_servo(self, self._line.device, self._servos)
        except PortError as error:
            said = what_answers(self._line, self._board, self._servos)
            raise (PortError(said) if said else error) from error
