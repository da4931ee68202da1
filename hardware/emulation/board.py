"""An arm's servos and their board, emulated down to the port that the real driver opens."""

from collections.abc import Callable
from dataclasses import replace

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.ds_board import DsBoard
from hardware.emulation.faults import BusFaults
from hardware.emulation.feetech_board import FeetechBoard
from hardware.emulation.lx16a_board import Lx16aBoard
from hardware.emulation.monitor import BusMonitor
from hardware.emulation.port import EmulatedPort
from hardware.emulation.se_board import SeBoard
from hardware.emulation.serial_board import SerialBoard
from hardware.emulation.servo_errors import ServoErrors
from hardware.emulation.servos import EmulatedServoSet
from hardware.emulation.smbus import EmulatedSmbus
from hardware.servos.boards import Board
from hardware.servos.bus import ServoBus
from hardware.servos.calibration import Calibration, nominal
from hardware.servos.i2c_bus import I2cBus
from hardware.servos.open_bus import open_bus
from robot.command import JointCommand
from robot.model import ArmModel

PATIENCE_S = 0.03
"""Emulated servos share the processor with everybody: their answers may take so long [s]."""

_SERIAL: dict[str, Callable[[EmulatedChain], SerialBoard]] = {
    "se": SeBoard,
    "ds": DsBoard,
    "feetech": FeetechBoard,
    "lx16a": Lx16aBoard,
}


class EmulatedBoard:
    """A freshly powered arm that nobody can see: limp, and behind a port like a real one.

    servos: what they do and measure, and where the arm truly is. faults: may be switched while
    served. monitor: every write, and every safety rule broken. device: the port; for I2C only
    the name in messages. A context manager; ``bus`` gives the real driver's side.
    """

    def __init__(
        self,
        model: ArmModel,
        board: Board,
        *,
        errors: ServoErrors | None = None,
        faults: BusFaults | None = None,
        seed: int = 0,
        calibration: Calibration | None = None,
        pose: JointCommand | None = None,
    ) -> None:
        """Place the arm in ``pose`` (home, jaws open) as its servos measure it.

        calibration: whose windows the monitor checks, ``nominal`` unless given.
        """
        self._model, self._board = model, board
        self.faults = faults or BusFaults()
        self.servos = EmulatedServoSet(model, board, errors, seed=seed, pose=pose)
        self.monitor = BusMonitor(model, board, calibration or nominal(model, board))
        self._chain = EmulatedChain(self.servos, self.faults, self.monitor)
        self._smbus = EmulatedSmbus(self._chain)
        self._port: EmulatedPort | None = None
        self.device = f"emulated {board.device}"

    def __enter__(self) -> "EmulatedBoard":
        if self._board.name in _SERIAL:
            board = _SERIAL[self._board.name](self._chain)
            self._port = EmulatedPort(board.feed, self._board.baud, board.delay_s)
            self.device = self._port.device
        return self

    def __exit__(self, *error: object) -> None:
        if self._port is not None:
            self._port.close()

    @property
    def volts(self) -> float:
        """Return the supply at the servos [V]; may be set."""
        return self._chain.volts

    @volts.setter
    def volts(self, volts: float) -> None:
        self._chain.volts = volts

    def bus(self) -> ServoBus:
        """Return the real driver's bus on this port, not yet open."""
        servos = len(self.servos.numbers)
        if self._board.name in _SERIAL:
            patient = replace(self._board, reply_s=max(self._board.reply_s, PATIENCE_S))
            return open_bus(patient, self.device, servos)
        return I2cBus(self._board, self.device, servos, connect=lambda _: self._smbus)

    def brown_out(self, silent_s: float = 0.5) -> None:
        """Reset everything: nothing answers for a while, servos go limp and forget."""
        self._chain.brown_out(silent_s)
