"""The port of an arm's servos as options name it: of a real board, or an emulated one."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hardware.emulation.board import EmulatedBoard
from hardware.emulation.faults import Fault
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


@dataclass(frozen=True, slots=True)
class FaultOptions:
    """What is wrong with an emulated board."""

    replies: tuple[Fault, ...] = ()
    """How every reply goes wrong."""
    rate: float = 0.0
    """Share of replies that go wrong at random, in any way."""
    missing: tuple[int, ...] = ()
    """Servos that do not answer."""
    stuck: bool = False
    """Nothing answers at all."""
    volts: float = 7.4
    """Supply at the servos, for boards that tell it [V]."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.rate <= 1.0:
            raise RobotError(f"faults: rate is a share of replies, 0 to 1, got {self.rate}")

    def apply(self, board: EmulatedBoard) -> None:
        """Switch them on."""
        board.faults.rate = self.rate
        board.faults.on = set(self.replies)
        board.faults.missing = set(self.missing)
        board.faults.stuck = self.stuck
        board.volts = self.volts


@contextmanager
def servo_port(
    model: ArmModel,
    driver: str,
    board: str,
    device: str | None = None,
    *,
    errors: ServoErrors | None = None,
    faults: FaultOptions | None = None,
    seed: int = 0,
) -> Iterator[ServoPort]:
    """Hold the port of the ``model``'s servos; the bus is closed at the end.

    driver: a board's name, or "emulated" for ``board`` without any device. Raises
    UnknownNameError, and RobotError for a device, seed or servo that no emulated board has.
    """
    if driver != EMULATED:
        with _closing(_real(model, driver, device)) as port:
            yield port
        return
    if device is not None:
        raise RobotError("--device: an emulated board has no device; or name a real --driver")
    chosen, faults = named_board(board), faults or FaultOptions()
    if seed < 0:
        raise RobotError(f"--seed {seed}: 0 or more")
    _check_servos("--faults.missing", faults.missing, model)
    _check_servos("--servos.reversed-servos", errors.reversed_servos if errors else (), model)
    with (
        EmulatedBoard(model, chosen, errors=errors, seed=seed) as emulated,
        _closing(ServoPort(chosen, emulated.device, emulated.bus(), emulated)) as port,
    ):
        faults.apply(emulated)
        yield port


def _check_servos(option: str, servos: Iterable[int], model: ArmModel) -> None:
    for servo in servos:
        if not 1 <= servo <= model.n + 1:
            raise RobotError(f"{option}: there is no servo {servo}, only 1 to {model.n + 1}")


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
