"""The emulated DOFBot expansion board on I2C, with the methods of smbus2's SMBus."""

import errno
import os
import time
from collections.abc import Sequence

from hardware.emulation.chain import EmulatedChain
from hardware.emulation.dofbot_commands import DofbotCommands
from hardware.emulation.faults import Fault
from hardware.servos import i2c_registers as registers

_FIRMWARE = 5
_BITS = 9
"""Of a byte on the bus, with its acknowledge."""
_ANSWER_S = 0.005
"""From asking for a servo's value to its answer in the register."""
_POSSIBLE = (Fault.SILENT, Fault.ABSURD, Fault.STALE)
"""The bus knows neither checksum nor frame, and only the board is on it."""


class EmulatedSmbus:
    """Transactions that take their time, with a board that lets servo values be asked for.

    Writing to a position register asks; a read too soon yields what was there before. The first
    position of each servo after power-up is 0, as seen on real boards.
    """

    def __init__(self, chain: EmulatedChain, bit_rate: float = 100_000.0) -> None:
        """Speak for the servos of ``chain`` at ``bit_rate`` [bit/s]."""
        self._chain = chain
        self._commands = DofbotCommands(chain)
        self._bit_rate = bit_rate
        self._registers: dict[int, bytes] = {}
        self._coming: dict[int, tuple[float, bytes]] = {}
        self._asked: set[int] = set()
        self._before = b"\0\0"

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: Sequence[int]) -> None:
        """Write up to 32 bytes from ``register`` on."""
        self._transact(i2c_addr, 2 + len(data))
        servo = register - registers.POSITION
        if servo in range(1, registers.SIX + 1):
            self._ask(register, self._position(servo))
        elif register == registers.PING and len(data) == 1:
            self._ask(register, self._ping(data[0]))
        elif register == registers.VERSION:
            self._registers[register] = bytes((_FIRMWARE,))
        else:
            self._commands.write(register, bytes(data))

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        """Write one byte to ``register``."""
        self.write_i2c_block_data(i2c_addr, register, [value])

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int) -> list[int]:
        """Read ``length`` bytes from ``register`` on."""
        self._transact(i2c_addr, 3 + length)
        due, data = self._coming.get(register, (0.0, b""))
        if data and self._chain.now >= due:
            self._registers[register] = data
            del self._coming[register]
        heard = self._spoiled(self._registers.get(register, b""))
        return list(heard.ljust(length, b"\0")[:length])

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        """Read one byte from ``register``."""
        return self.read_i2c_block_data(i2c_addr, register, 1)[0]

    def close(self) -> None:
        """Nothing to let go of."""

    def _ask(self, register: int, answer: bytes) -> None:
        self._coming[register] = (self._chain.now + _ANSWER_S, answer)

    def _position(self, servo: int) -> bytes:
        if servo not in self._asked:
            self._asked.add(servo)
            return b"\0\0"
        return registers.pack_words([self._commands.position(servo)])

    def _ping(self, servo: int) -> bytes:
        if not self._chain.present(servo):
            return b"\0"
        return b"\x20" if self._chain.servos.look(servo).overloaded else bytes((registers.WELL,))

    def _spoiled(self, data: bytes) -> bytes:
        faults = self._chain.faults.draw(_POSSIBLE)
        if Fault.SILENT in faults:
            raise _os_error(errno.EREMOTEIO)
        if Fault.STALE in faults:
            data, self._before = self._before, data
        if Fault.ABSURD in faults and len(data) == 2:
            return self._chain.faults.absurd().to_bytes(2, "big")
        self._before = data
        return data

    def _transact(self, address: int, size: int) -> None:
        """Pass the time of ``size`` bytes. Raises OSError as the kernel does."""
        time.sleep(size * _BITS / self._bit_rate)
        if self._chain.faults.stuck:
            raise _os_error(errno.ETIMEDOUT)
        if not self._chain.alive or address != registers.ADDRESS:
            raise _os_error(errno.EREMOTEIO)


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
