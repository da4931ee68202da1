"""The port that the real bus opens, and everything behind it at once."""

import os
import threading
import time
from pathlib import Path

import pytest
import serial
from emulated_arm import MODEL

from hardware.emulation.board import EmulatedBoard
from hardware.emulation.faults import BusFaults
from hardware.emulation.port import EmulatedPort
from hardware.servos.boards import BOARDS
from hardware.servos.bus import BusError, ServoBus
from robot.command import JointCommand

every_board = pytest.mark.parametrize("name", sorted(BOARDS))


def _echo(data: bytes) -> bytes:
    return data


def _read(bus: ServoBus, servo: int) -> int:
    """Return the position; the first one after power-up may be none."""
    try:
        return bus.read(servo)
    except BusError:
        return bus.read(servo)


def test_every_byte_gets_through_an_exclusive_serial_port() -> None:
    port = EmulatedPort(_echo, baud=0)
    data = bytes(range(256))
    with serial.Serial(port.device, 115_200, timeout=1.0, exclusive=True) as line:
        line.write(data)
        assert line.read(256) == data
        with pytest.raises(serial.SerialException, match="exclusive"):
            serial.Serial(port.device, 115_200, exclusive=True)
    with serial.Serial(port.device, 115_200, timeout=1.0, exclusive=True) as again:
        again.write(b"a")
        assert again.read(1) == b"a"
    port.close()


def test_bytes_take_the_time_of_the_line() -> None:
    port = EmulatedPort(_echo, baud=19_200, delay_s=0.01)
    with serial.Serial(port.device, 19_200, timeout=1.0) as line:
        started = time.monotonic()
        line.write(bytes(48))
        line.read(48)
        took = time.monotonic() - started
    port.close()
    assert took >= 0.060  # 25 ms there, 10 ms of thought, 25 ms back


def test_bytes_at_another_pace_are_lost() -> None:
    port = EmulatedPort(_echo, baud=115_200)
    with serial.Serial(port.device, 1_000_000, timeout=0.05) as line:
        line.write(b"a")
        assert line.read(1) == b""
        line.baudrate = 115_200
        line.write(b"b")
        assert line.read(2) == b"b"
    port.close()


def test_what_nobody_reads_is_lost_and_does_not_hang_the_port() -> None:
    port = EmulatedPort(lambda _: bytes(100_000), baud=0)
    with serial.Serial(port.device, 115_200, timeout=1.0) as line:
        line.write(b"a")
        time.sleep(0.05)
    port.close()


def test_a_closed_port_leaves_neither_threads_nor_files() -> None:
    threads, files = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with EmulatedBoard(MODEL, BOARDS["ds"]) as arm:
            bus = arm.bus()
            bus.open()
            bus.close()
        port = EmulatedPort(_echo)
        port.close()
        port.close()
    assert threading.active_count() == threads
    assert len(list(Path("/proc/self/fd").iterdir())) == files


@every_board
def test_the_real_bus_reads_moves_and_lets_go_of_the_arm(name: str) -> None:
    pose = JointCommand(MODEL.rest, 0.03)
    with EmulatedBoard(MODEL, BOARDS[name], pose=pose, seed=4) as arm:
        bus = arm.bus()
        bus.open()
        for servo in arm.servos.numbers:
            bus.ping(servo)
        place = {servo: _read(bus, servo) for servo in arm.servos.numbers}
        assert place == arm.servos.measured()
        bus.move(place, 1.0)
        bus.torque(True)
        goal = {**place, 1: place[1] + 40, 2: place[2] - 40}
        bus.move(goal, 0.3)
        time.sleep(0.5)
        assert bus.read(1) == goal[1] and bus.read(2) == goal[2]
        assert arm.servos.torque
        bus.torque(False)
        bus.close()
        time.sleep(0.02)
        assert not arm.servos.torque
        assert arm.monitor.breaches == ()


@every_board
def test_the_real_bus_names_a_servo_that_is_missing(name: str) -> None:
    faults = BusFaults()
    with EmulatedBoard(MODEL, BOARDS[name], faults=faults) as arm:
        bus = arm.bus()
        bus.open()
        _read(bus, 2)
        faults.missing = {2}
        with pytest.raises(BusError, match="servo 2"):
            bus.ping(2)
        bus.close()


@every_board
def test_the_real_bus_survives_any_faults_with_errors_of_its_own(name: str) -> None:
    faults = BusFaults(rate=0.5)
    answers = 0
    with EmulatedBoard(MODEL, BOARDS[name], faults=faults) as arm:
        bus = arm.bus()
        bus.open()
        for attempt in range(60):
            try:
                count = bus.read(1 + attempt % 6)
            except BusError:
                continue
            answers += count in arm.servos.measured().values()
        bus.close()
    assert answers > 15


def test_the_supply_can_be_low() -> None:
    with EmulatedBoard(MODEL, BOARDS["feetech"]) as arm:
        arm.volts = 5.5
        bus = arm.bus()
        bus.open()
        assert bus.voltage() == pytest.approx(5.5)
        bus.close()


def test_the_device_is_a_terminal() -> None:
    with EmulatedBoard(MODEL, BOARDS["se"]) as arm:
        descriptor = os.open(arm.device, os.O_RDWR | os.O_NOCTTY)
        assert os.isatty(descriptor)
        os.close(descriptor)
