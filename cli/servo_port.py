"""The port of an arm's servos as the command line names it: of a real board, or an emulated one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hardware.emulation.board import EmulatedBoard
from hardware.emulation.faults import BusFaults
from hardware.emulation.servo_errors import ServoErrors
from hardware.servos.boards import BOARDS, Board, named_board
from hardware.servos.bus import ServoBus
from hardware.servos.open_bus import open_bus
from robot.errors import RobotError, UnknownNameError
from robot.model import ArmModel

EMULATED = "emulated"


@dataclass(frozen=True, slots=True)
class ServoPort:
    """A bus, still to be opened, where it is, and the emulated board behind it, if it is one."""

    board: Board
    device: str
    bus: ServoBus
    emulated: EmulatedBoard | None = None


@contextmanager
def servo_port(
    model: ArmModel,
    driver: str,
    board: str,
    device: str | None = None,
    *,
    errors: ServoErrors | None = None,
    faults: BusFaults | None = None,
    seed: int = 0,
) -> Iterator[ServoPort]:
    """Hold the port of the ``model``'s servos; the bus is closed at the end.

    driver: a board's name, or "emulated" for ``board`` without any device. Raises
    UnknownNameError, and RobotError for a device of an emulated board.
    """
    if driver != EMULATED:
        with _closing(_real(model, driver, device)) as port:
            yield port
        return
    if device is not None:
        raise RobotError("--device: an emulated board has no device; or name a real --driver")
    chosen = named_board(board)
    with (
        EmulatedBoard(model, chosen, errors=errors, faults=faults, seed=seed) as emulated,
        _closing(ServoPort(chosen, emulated.device, emulated.bus(), emulated)) as port,
    ):
        yield port


def _real(model: ArmModel, driver: str, device: str | None) -> ServoPort:
    if driver not in BOARDS:
        raise UnknownNameError("driver", driver, [EMULATED, *BOARDS])
    board = BOARDS[driver]
    where = device or board.device
    return ServoPort(board, where, open_bus(board, where, model.n + 1))


@contextmanager
def _closing(port: ServoPort) -> Iterator[ServoPort]:
    try:
        yield port
    finally:
        port.bus.close()
