"""The I2C bus: what is used of smbus2, and opening it for this program alone."""

import errno
import fcntl
import importlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from hardware.servos.bus import PortError
from hardware.servos.port_user import in_use

I2C_TIMEOUT = 0x0702
"""Request of linux/i2c-dev.h: how long a stuck bus is waited for, in units of 10 ms."""


class SmBus(Protocol):
    """The methods of ``smbus2.SMBus`` that the drivers call; they raise OSError."""

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        """Write one byte to a register."""

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: Sequence[int]) -> None:
        """Write bytes to a register."""

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        """Point at a register and read one byte."""

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int) -> list[int]:
        """Point at a register and read bytes."""

    def close(self) -> None:
        """Let go of the bus."""


def open_smbus(device: str) -> SmBus:
    """Return the bus at ``device``, locked for this program. Raises PortError."""
    try:
        smbus2 = importlib.import_module("smbus2")
    except ImportError as error:
        raise PortError("I2C needs smbus2: pip install 'twinarm[pi]'") from error
    try:
        bus = smbus2.SMBus(device)
    except OSError as error:
        raise PortError(_why(device, error)) from error
    try:
        fcntl.flock(bus.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        bus.close()
        raise in_use(device) from error
    with suppress(OSError):
        fcntl.ioctl(bus.fd, I2C_TIMEOUT, 2)
    return bus  # type: ignore[no-any-return]


def _why(device: str, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        mend = "enable I2C (sudo raspi-config, Interface Options), or name the bus with --device"
    elif error.errno in (errno.EACCES, errno.EPERM):
        mend = "sudo usermod -aG i2c $USER, then log in again"
    else:
        mend = "name an I2C bus such as /dev/i2c-1 with --device, or a serial board with --driver"
    return f"cannot open the I2C bus {device} ({error.strerror}): {mend}"
