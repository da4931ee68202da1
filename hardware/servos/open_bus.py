"""The servo bus of each board."""

from hardware.servos.boards import Board
from hardware.servos.bus import ServoBus
from hardware.servos.ds_bus import DsBus
from hardware.servos.feetech_bus import FeetechBus
from hardware.servos.i2c_bus import I2cBus
from hardware.servos.lx16a_bus import Lx16aBus
from hardware.servos.se_bus import SeBus

BUSES: dict[str, type[I2cBus | SeBus | DsBus | FeetechBus | Lx16aBus]] = {
    "i2c": I2cBus,
    "se": SeBus,
    "ds": DsBus,
    "feetech": FeetechBus,
    "lx16a": Lx16aBus,
}


def open_bus(board: Board, device: str, servos: int = 6) -> ServoBus:
    """Return the bus of ``board`` on the port ``device``, still to be opened."""
    return BUSES[board.name](board, device, servos)
