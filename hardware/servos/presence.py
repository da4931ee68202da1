"""Whether anything answers at all when a bus is opened."""

from contextlib import suppress

from hardware.servos.boards import Board
from hardware.servos.bus import (
    GarbledReplyError,
    PortError,
    ServoBus,
    ServoFaultError,
    ServoSilentError,
)

_ON_A_DOFBOT = (
    "switch the arm's supply on, set both jumpers to Servo, and if the light is red (K2, emergency"
    " stop) press RESET"
)
_ON_A_WIRE = "switch the servo supply on, and check the plug at the first servo and the ground"
MENDS = {"i2c": _ON_A_DOFBOT, "se": _ON_A_DOFBOT}


def require_a_servo(bus: ServoBus, device: str, servos: int) -> None:
    """Return once any servo answers, well or not, in two rounds.

    Raises PortError, which tells what was heard where that was no answer.
    """
    noise: GarbledReplyError | None = None
    for servo in 2 * list(range(1, servos + 1)):
        try:
            with suppress(ServoFaultError):
                bus.ping(servo)
            return
        except ServoSilentError:
            continue
        except GarbledReplyError as error:
            noise = error
    raise PortError(str(noise)) if noise else nothing_answers(bus.board, device, servos)


def nothing_answers(board: Board, device: str, servos: int) -> PortError:
    """Return the error for a port on which no servo of ``board`` was heard."""
    mend = MENDS.get(board.name, _ON_A_WIRE)
    return PortError(f"{device}: no servo from 1 to {servos} answers the {board.title}: {mend}")
