"""Servos behind the DOFBot expansion board, over I2C."""

import time
from collections.abc import Callable, Mapping

from hardware.servos import checks, ds_registers
from hardware.servos import i2c_registers as registers
from hardware.servos.boards import Board
from hardware.servos.bus import BusError, PortError, ServoSilentError
from hardware.servos.presence import require_a_servo
from hardware.servos.smbus import SmBus, open_smbus

ANSWER_S = 0.005
"""The board needs this long to ask a servo [s] (vendor's register map)."""


class I2cBus:
    """A ServoBus. The board moves all servos in one time and starts them one after another."""

    def __init__(
        self,
        board: Board,
        device: str,
        servos: int = 6,
        connect: Callable[[str], SmBus] = open_smbus,
    ) -> None:
        self._board = board
        self._device = device
        self._servos = servos
        self._connect = connect
        self._smbus: SmBus | None = None

    @property
    def board(self) -> Board:
        """Return what kind of board this is."""
        return self._board

    def open(self) -> None:
        """Take the bus, alone. Raises PortError where no board or no servo answers."""
        self._smbus = self._connect(self._device)
        try:
            self._ask(registers.VERSION, 1, 1)
            require_a_servo(self, self._device, self._servos)
        except BusError as error:
            self.close()
            raise PortError(str(error)) from error

    def ping(self, servo: int) -> None:
        """Return if ``servo`` answers and is well."""
        (status,) = self._ask(registers.PING, servo, 1)
        if status == 0:
            raise self._silent(servo)
        checks.well(servo, 0 if status == registers.WELL else status, ds_registers.FAULTS)

    def read(self, servo: int) -> int:
        """Return the present position of ``servo`` [counts]."""
        (position,) = registers.unpack_words(self._ask(registers.POSITION + servo, 1, 2))
        if position == 0:
            raise self._silent(servo)
        return checks.position(self._board, servo, position)

    def move(self, targets: Mapping[int, int], duration_s: float) -> None:
        """Send each servo to its target [counts] in ``duration_s`` [s]."""
        milliseconds = checks.milliseconds(self._board, targets, duration_s)
        if sorted(targets) == list(range(1, registers.SIX + 1)):
            six = [targets[servo] for servo in sorted(targets)]
            self._write(registers.SIX_TIME, registers.pack_words([milliseconds]))
            self._write(registers.SIX_TARGETS, registers.pack_words(six))
            return
        for servo, target in targets.items():
            self._write(registers.SERVO + servo, registers.pack_target(target, milliseconds))

    def torque(self, on: bool) -> None:
        """Let all servos hold, or go limp."""
        self._write(registers.TORQUE, bytes((on,)))

    def voltage(self) -> float | None:
        """Return None: this board does not tell."""
        return None

    def close(self) -> None:
        """Let go of the bus; the servos keep their last target. Safe to call twice."""
        smbus, self._smbus = self._smbus, None
        if smbus is not None:
            smbus.close()

    def _ask(self, register: int, trigger: int, count: int) -> bytes:
        """Return what the board puts in ``register`` once ``trigger`` was written there."""
        smbus = self._opened()
        try:
            smbus.write_byte_data(registers.ADDRESS, register, trigger)
            time.sleep(ANSWER_S)
            # Pointing again: the board shifts its register pointer after a trigger.
            return bytes(smbus.read_i2c_block_data(registers.ADDRESS, register, count))
        except OSError as error:
            raise self._lost(error) from error

    def _write(self, register: int, data: bytes) -> None:
        smbus = self._opened()
        try:
            smbus.write_i2c_block_data(registers.ADDRESS, register, list(data))
        except OSError as error:
            raise self._lost(error) from error

    def _opened(self) -> SmBus:
        if self._smbus is None:
            raise PortError(f"{self._device} is not open")
        return self._smbus

    def _silent(self, servo: int) -> ServoSilentError:
        return ServoSilentError(
            f"servo {servo} does not answer the {self._board.title} on {self._device}:"
            " check its plug and its number"
        )

    def _lost(self, error: OSError) -> BusError:
        return BusError(
            f"the {self._board.title} does not answer at I2C address 0x{registers.ADDRESS:02X} on"
            f" {self._device} ({error.strerror or error}): check that it is switched on and seated"
            " on the header, that I2C is enabled (sudo raspi-config) and that you are in group i2c"
        )
