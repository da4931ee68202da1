"""The transactions on the I2C bus, in order and in time, and what goes wrong at its door."""

import errno
import fcntl
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from hardware.servos.boards import BOARDS
from hardware.servos.bus import BusError, PortError, ServoFaultError, ServoSilentError
from hardware.servos.i2c_bus import I2cBus

BOARD = BOARDS["i2c"]


class Registers:
    """Written registers in order with their time, and what reading each yields."""

    def __init__(self) -> None:
        self.values = {0x01: [5], 0x31: [0x07, 0xD0], 0x38: [0xDA]}
        self.seen: list[tuple[str, int, list[int]]] = []
        self.times: list[float] = []
        self.error: OSError | None = None
        self.closed = 0

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        self._note("write", i2c_addr, register, [value])

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: Sequence[int]) -> None:
        self._note("write", i2c_addr, register, list(data))

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        return self.read_i2c_block_data(i2c_addr, register, 1)[0]

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int) -> list[int]:
        self._note("read", i2c_addr, register, [length])
        return self.values[register]

    def close(self) -> None:
        self.closed += 1

    def _note(self, kind: str, address: int, register: int, data: list[int]) -> None:
        assert address == 0x15
        if self.error is not None:
            raise self.error
        self.seen.append((kind, register, data))
        self.times.append(time.monotonic())


@pytest.fixture
def registers() -> Registers:
    return Registers()


@pytest.fixture
def bus(registers: Registers) -> I2cBus:
    bus = I2cBus(BOARD, "/dev/i2c-1", connect=lambda _: registers)
    bus.open()
    registers.seen.clear()
    registers.times.clear()
    return bus


def test_opening_asks_for_the_version_and_one_servo(registers: Registers) -> None:
    I2cBus(BOARD, "/dev/i2c-1", connect=lambda _: registers).open()
    assert registers.seen == [
        ("write", 0x01, [1]), ("read", 0x01, [1]), ("write", 0x38, [1]), ("read", 0x38, [1]),
    ]  # fmt: skip


def test_the_time_of_six_servos_is_written_before_their_targets(
    bus: I2cBus, registers: Registers
) -> None:
    bus.move(dict(enumerate([2000, 2000, 2000, 2000, 1486, 1266], start=1)), 1.0)
    assert registers.seen == [
        ("write", 0x1E, [0x03, 0xE8]),
        ("write", 0x1D, [0x07, 0xD0, 0x07, 0xD0, 0x07, 0xD0, 0x07, 0xD0, 0x05, 0xCE, 0x04, 0xF2]),
    ]


def test_one_servo_has_a_register_of_its_own(bus: I2cBus, registers: Registers) -> None:
    bus.move({5: 1486}, 0.5)
    assert registers.seen == [("write", 0x15, [0x05, 0xCE, 0x01, 0xF4])]


def test_torque_is_one_register_for_all(bus: I2cBus, registers: Registers) -> None:
    bus.torque(True)
    bus.torque(False)
    assert registers.seen == [("write", 0x1A, [1]), ("write", 0x1A, [0])]


def test_a_position_is_asked_for_and_fetched_5_ms_later_high_byte_first(
    bus: I2cBus, registers: Registers
) -> None:
    assert bus.read(1) == 2000
    assert registers.seen == [("write", 0x31, [1]), ("read", 0x31, [2])]
    assert registers.times[1] - registers.times[0] >= 0.005


def test_a_position_of_0_is_no_position(bus: I2cBus, registers: Registers) -> None:
    registers.values[0x31] = [0, 0]
    with pytest.raises(ServoSilentError, match="servo 1"):
        bus.read(1)


@pytest.mark.parametrize(("status", "says"), [(0x01, "voltage"), (0x04, "hot"), (0x20, "stalled")])
def test_a_ping_tells_what_is_wrong(
    bus: I2cBus, registers: Registers, status: int, says: str
) -> None:
    registers.values[0x38] = [status]
    with pytest.raises(ServoFaultError, match=says):
        bus.ping(1)
    registers.values[0x38] = [0]
    with pytest.raises(ServoSilentError):
        bus.ping(1)


def test_a_board_that_stops_answering_names_its_address_and_the_mend(
    bus: I2cBus, registers: Registers
) -> None:
    registers.error = OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
    for asked in (lambda: bus.read(1), lambda: bus.torque(True)):
        with pytest.raises(BusError, match=r"0x15 on /dev/i2c-1 .*raspi-config"):
            asked()


def test_an_opening_that_fails_lets_go_of_the_bus(registers: Registers) -> None:
    registers.error = OSError(errno.EREMOTEIO, "Remote I/O error")
    with pytest.raises(PortError, match="0x15"):
        I2cBus(BOARD, "/dev/i2c-1", connect=lambda _: registers).open()
    assert registers.closed == 1


class FileSmbus(Registers):
    """smbus2.SMBus as far as the device file goes: opened by path, locked by ``fd``."""

    def __init__(self, device: str) -> None:
        super().__init__()
        self.fd = os.open(device, os.O_RDWR)

    def close(self) -> None:
        super().close()
        os.close(self.fd)


@pytest.fixture
def smbus2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smbus2", SimpleNamespace(SMBus=FileSmbus))


def test_without_smbus2_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smbus2", None)
    with pytest.raises(PortError, match=r"pip install 'twinarm\[pi\]'"):
        I2cBus(BOARD, "/dev/i2c-1").open()


@pytest.mark.usefixtures("smbus2")
def test_the_bus_is_locked_while_open_and_refused_while_locked(tmp_path: Path) -> None:
    device = tmp_path / "i2c-1"
    device.touch()
    bus = I2cBus(BOARD, str(device))
    bus.open()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(PortError, match="in use by"):
        I2cBus(BOARD, str(device)).open()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    bus.close()
    with device.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.usefixtures("smbus2")
def test_a_stuck_bus_is_waited_for_20_ms_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(fcntl, "ioctl", lambda *arguments: asked.append(arguments[1:]))
    device = tmp_path / "i2c-1"
    device.touch()
    bus = I2cBus(BOARD, str(device))
    bus.open()
    bus.close()
    assert asked == [(0x0702, 2)]  # I2C_TIMEOUT, in units of 10 ms


@pytest.mark.usefixtures("smbus2")
def test_a_missing_bus_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(PortError, match=r"enable I2C .*raspi-config"):
        I2cBus(BOARD, str(tmp_path / "i2c-9")).open()


@pytest.mark.usefixtures("smbus2")
def test_a_bus_without_permission_names_the_group(tmp_path: Path) -> None:
    device = tmp_path / "i2c-1"
    device.touch(mode=0)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65_534)
    try:
        with pytest.raises(PortError, match="usermod -aG i2c"):
            I2cBus(BOARD, str(device)).open()
    finally:
        os.seteuid(was)
