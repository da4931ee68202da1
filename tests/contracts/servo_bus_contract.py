"""What every ServoBus must pass; subclass ``ServoBusContract`` beside the bus's own tests."""

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from hardware.emulation.board import EmulatedBoard
from hardware.emulation.faults import Fault
from hardware.servos.bus import (
    BusError,
    PortError,
    ServoBus,
    ServoFaultError,
    ServoSilentError,
)

SERVOS = range(1, 7)


class ServoBusContract:
    """Give a fixture ``emulated``: a board within its context, faultless, whose arm may move.

    Override what differs from board to board.
    """

    slack_s = 0.3  # beyond ``reply_s``, for the bytes and a busy machine
    volts: float | None = None  # what ``voltage`` tells

    @pytest.fixture
    def bus(self, emulated: EmulatedBoard) -> Iterator[ServoBus]:
        bus = emulated.bus()
        bus.open()
        for servo in SERVOS:
            self.read(bus, servo)
        yield bus
        bus.close()

    def read(self, bus: ServoBus, servo: int) -> int:
        """Read with retries: the first answer after power-up may be none."""
        for _ in range(3):
            with suppress(ServoSilentError):
                return bus.read(servo)
        return bus.read(servo)

    def all_read(self, bus: ServoBus) -> dict[int, int]:
        return {servo: self.read(bus, servo) for servo in SERVOS}

    def holding(self, bus: ServoBus) -> dict[int, int]:
        """Let the arm hold where it is, and return where."""
        places = self.all_read(bus)
        bus.move(places, 1.0)
        bus.torque(True)
        return places

    def test_opening_writes_nothing(self, bus: ServoBus, emulated: EmulatedBoard) -> None:
        assert emulated.monitor.writes_seen == 0
        assert emulated.monitor.breaches == ()
        assert not emulated.servos.torque

    def test_every_servo_answers_and_tells_where_it_stands(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        for servo in SERVOS:
            bus.ping(servo)
            assert bus.read(servo) == emulated.servos.count(servo)

    def test_a_move_arrives_in_its_time(self, bus: ServoBus, emulated: EmulatedBoard) -> None:
        places = self.holding(bus)
        targets = {servo: place + 40 for servo, place in places.items()}
        bus.move(targets, 0.4)
        time.sleep(0.1)
        part = self.all_read(bus)
        assert all(places[servo] <= part[servo] < targets[servo] for servo in SERVOS)
        time.sleep(0.8)
        assert self.all_read(bus) == pytest.approx(targets, abs=2)

    def test_a_move_is_one_write_for_all(self, bus: ServoBus, emulated: EmulatedBoard) -> None:
        places = self.all_read(bus)
        bus.move(places, 0.5)
        self.read(bus, 1)
        (write,) = emulated.monitor.writes()
        assert write.targets == places

    def test_a_move_of_one_servo_leaves_the_others(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        places = self.holding(bus)
        bus.move({2: places[2] + 30}, 0.1)
        time.sleep(0.5)
        assert self.all_read(bus) == pytest.approx({**places, 2: places[2] + 30}, abs=2)

    def test_nothing_is_written_for_a_move_out_of_range(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        places, board = self.all_read(bus), bus.board
        for target in (board.lowest - 1, board.highest + 1):
            with pytest.raises(ValueError, match=r"servo 3 .* takes"):
                bus.move({**places, 3: target}, 0.5)
        for duration in (-0.1, board.longest_move_s + 0.1, float("nan")):
            with pytest.raises(ValueError, match="takes 0 to"):
                bus.move(places, duration)
        self.read(bus, 1)
        assert emulated.monitor.writes_seen == 0

    def test_torque_holds_and_lets_go(self, bus: ServoBus, emulated: EmulatedBoard) -> None:
        self.holding(bus)
        self.read(bus, 1)
        assert emulated.servos.torque
        bus.torque(False)
        self.read(bus, 2)
        assert emulated.servos.limp == frozenset(SERVOS)

    def test_the_supply_is_told_where_the_board_knows(self, bus: ServoBus) -> None:
        assert bus.voltage() == self.volts

    def test_a_missing_servo_is_silent_in_time(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        emulated.faults.missing.add(3)
        for ask in (bus.ping, bus.read):
            time.sleep(0.02)
            start = time.monotonic()
            with pytest.raises(ServoSilentError, match=f"servo 3 .* {emulated.device}"):
                ask(3)
            assert time.monotonic() - start < bus.board.reply_s + self.slack_s
            self.read(bus, 4)

    def test_a_dead_line_is_an_error_that_ends_with_it(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        emulated.faults.stuck = True
        with pytest.raises(BusError, match=emulated.device):
            bus.read(1)
        emulated.faults.stuck = False
        time.sleep(0.02)
        assert bus.read(1) == emulated.servos.count(1)

    def test_after_silence_the_next_answer_counts(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        emulated.faults.on.add(Fault.SILENT)
        for servo in SERVOS:
            with pytest.raises(BusError):
                bus.read(servo)
        emulated.faults.on.clear()
        time.sleep(0.02)
        assert {servo: bus.read(servo) for servo in SERVOS} == emulated.servos.measured()

    def test_no_position_is_read_that_a_servo_cannot_have(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        emulated.faults.on.add(Fault.ABSURD)
        for servo in [*SERVOS, *SERVOS]:
            with suppress(BusError):
                assert bus.board.lowest <= bus.read(servo) <= bus.board.highest

    def test_opening_needs_one_servo_only(self, emulated: EmulatedBoard) -> None:
        emulated.faults.missing.update(range(1, 6))
        bus = emulated.bus()
        bus.open()
        bus.ping(6)
        bus.close()

    def test_opening_an_arm_without_supply_names_the_mend(self, emulated: EmulatedBoard) -> None:
        emulated.faults.missing.update(SERVOS)
        bus = emulated.bus()
        with pytest.raises(PortError, match=r"no servo from 1 to 6 answers .* supply") as caught:
            bus.open()
        assert bus.board.title in str(caught.value)
        with pytest.raises(PortError, match="not open"):
            bus.read(1)

    def test_a_closed_bus_refuses_and_opens_again(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        bus.close()
        bus.close()
        for asked in (lambda: bus.read(1), lambda: bus.torque(True), lambda: bus.ping(1)):
            with pytest.raises(PortError, match="not open"):
                asked()
        time.sleep(0.02)
        bus.open()
        assert self.all_read(bus) == emulated.servos.measured()

    def test_an_overloaded_servo_is_said_to_be_so(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        self.overload(bus, emulated, 2)
        with pytest.raises(ServoFaultError, match="servo 2 says: overloaded"):
            bus.ping(2)

    def overload(self, bus: ServoBus, emulated: EmulatedBoard, servo: int) -> None:
        """Drive ``servo`` against an obstacle until it goes limp; the stall is made short."""
        places = self.holding(bus)
        emulated.servos.block(servo, places[servo])
        bus.move({servo: places[servo] + 300}, 0.1)
        until = time.monotonic() + 20.0
        while servo not in emulated.servos.overloaded and time.monotonic() < until:
            time.sleep(0.02)
