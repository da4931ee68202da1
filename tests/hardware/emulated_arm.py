"""An emulated arm without a port: its boards fed with bytes, its clock turned by hand."""

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.ds_board import DsBoard
from hardware.emulation.faults import BusFaults
from hardware.emulation.feetech_board import FeetechBoard
from hardware.emulation.lx16a_board import Lx16aBoard
from hardware.emulation.monitor import BusMonitor
from hardware.emulation.se_board import SeBoard
from hardware.emulation.serial_board import SerialBoard
from hardware.emulation.servo_errors import ServoErrors
from hardware.emulation.servos import EmulatedServoSet
from hardware.servos.boards import BOARDS
from hardware.servos.calibration import nominal
from robot.model import load_arm

MODEL = load_arm("dofbot")
SERIAL = {"ds": DsBoard, "feetech": FeetechBoard, "lx16a": Lx16aBoard, "se": SeBoard}


class HandClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time [s]."""
        return self.now


class UnwiredArm:
    """Servos of a kind of board, with everything that belongs to them."""

    def __init__(self, name: str, errors: ServoErrors | None = None) -> None:
        self.clock = HandClock()
        self.kind = BOARDS[name]
        self.faults = BusFaults()
        self.servos = EmulatedServoSet(MODEL, self.kind, errors, clock=self.clock)
        calibration = nominal(MODEL, self.kind)
        self.monitor = BusMonitor(MODEL, self.kind, calibration, clock=self.clock)
        self.chain = EmulatedChain(self.servos, self.faults, self.monitor, self.clock)

    def board(self) -> SerialBoard:
        """Return the serial board in front of the servos."""
        return SERIAL[self.kind.name](self.chain)

    def wait(self, seconds: float) -> None:
        """Turn the clock."""
        self.clock.now += seconds
