"""Every bus against its emulated board: the same behaviour on five different wires."""

import time
from collections.abc import Iterator
from itertools import permutations

import pytest
from servo_bus_contract import SERVOS, ServoBusContract

from hardware.emulation.board import EmulatedBoard
from hardware.emulation.faults import Fault
from hardware.emulation.servo_errors import ServoErrors
from hardware.servos.boards import BOARDS, Board
from hardware.servos.bus import GarbledReplyError, PortError, ServoBus, ServoSilentError
from hardware.servos.open_bus import open_bus
from robot.model import load_arm

ERRORS = ServoErrors(stall_s=0.2)
GARBLING = [Fault.CHECKSUM, Fault.HALF, Fault.OTHER_ID]
SERIAL = [board.name for board in BOARDS.values() if board.baud]


@pytest.fixture
def emulated(board: Board) -> Iterator[EmulatedBoard]:
    with EmulatedBoard(load_arm("dofbot"), board, errors=ERRORS) as emulated:
        yield emulated


class SerialBusContract(ServoBusContract):
    """A serial line has frames, so what is wrong with a reply is seen."""

    @pytest.mark.parametrize("fault", GARBLING)
    def test_a_garbled_reply_is_said_to_be_so(
        self, bus: ServoBus, emulated: EmulatedBoard, fault: Fault
    ) -> None:
        emulated.faults.on.add(fault)
        time.sleep(0.02)
        start = time.monotonic()
        with pytest.raises(GarbledReplyError, match=r"is no answer of servo 1: [0-9a-f]{2} "):
            bus.read(1)
        assert time.monotonic() - start < bus.board.reply_s + self.slack_s

    def test_the_reply_before_is_not_taken_for_this_one(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        emulated.faults.on.add(Fault.STALE)
        for servo in SERVOS:
            with pytest.raises(GarbledReplyError):
                bus.read(servo)

    def test_the_echo_of_own_bytes_is_passed_over(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        emulated.faults.on.add(Fault.ECHO)
        places = self.all_read(bus)
        assert places == emulated.servos.measured()
        bus.move(places, 0.5)
        assert self.all_read(bus) == places
        emulated.faults.missing.add(5)
        with pytest.raises(ServoSilentError, match="servo 5"):
            bus.ping(5)

    def test_a_second_program_on_the_port_is_refused(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        with pytest.raises(PortError, match=f"{emulated.device} is in use by .*: stop it first"):
            emulated.bus().open()
        assert bus.read(4) == emulated.servos.count(4)

    def test_a_port_that_vanishes_is_an_error(self, emulated: EmulatedBoard) -> None:
        bus = emulated.bus()
        bus.open()
        emulated.__exit__(None, None, None)
        with pytest.raises(PortError, match="is gone"):
            for _ in range(2):
                bus.read(1)
        bus.close()


class TestSeBus(SerialBusContract):
    @pytest.fixture
    def board(self) -> Board:
        return BOARDS["se"]

    def test_an_overloaded_servo_is_said_to_be_so(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        """This board tells nothing of a servo but its place, so it is seen there."""
        self.overload(bus, emulated, 2)
        bus.ping(2)


class TestDsBus(SerialBusContract):
    @pytest.fixture
    def board(self) -> Board:
        return BOARDS["ds"]

    def test_a_servo_asked_again_at_once_still_answers(self, bus: ServoBus) -> None:
        assert [bus.read(1) for _ in range(4)] == [bus.read(1)] * 4


class TestFeetechBus(SerialBusContract):
    volts = 7.4

    @pytest.fixture
    def board(self) -> Board:
        return BOARDS["feetech"]

    def test_a_servo_never_read_is_read_before_it_moves(self, emulated: EmulatedBoard) -> None:
        bus = emulated.bus()
        bus.open()
        bus.move({4: emulated.servos.count(4) + 50}, 0.5)
        bus.read(1)
        (write,) = emulated.monitor.writes()
        assert write.duration_s == pytest.approx(0.5, abs=0.02)
        bus.close()


class TestLx16aBus(SerialBusContract):
    volts = 7.4

    @pytest.fixture
    def board(self) -> Board:
        return BOARDS["lx16a"]

    def test_an_overloaded_servo_is_said_to_be_so(
        self, bus: ServoBus, emulated: EmulatedBoard
    ) -> None:
        """This servo tells its temperature and supply only."""
        self.overload(bus, emulated, 2)
        bus.ping(2)


class TestI2cBus(ServoBusContract):
    @pytest.fixture
    def board(self) -> Board:
        return BOARDS["i2c"]

    def test_a_board_that_is_not_there_names_its_address_and_the_mend(
        self, emulated: EmulatedBoard
    ) -> None:
        emulated.faults.stuck = True
        with pytest.raises(PortError, match=r"0x15 .* switched on .* raspi-config.* group i2c"):
            emulated.bus().open()


@pytest.mark.parametrize(("name", "other"), list(permutations(SERIAL, 2)))
def test_another_board_on_the_port_is_named(name: str, other: str) -> None:
    with EmulatedBoard(load_arm("dofbot"), BOARDS[other]) as emulated:
        for _ in range(2):  # and is not harmed by being asked
            said = f"answers like the .*, not like the {BOARDS[name].title}: --driver {other}"
            with pytest.raises(PortError, match=said):
                open_bus(BOARDS[name], emulated.device).open()
        bus = emulated.bus()
        bus.open()
        bus.close()
        assert emulated.monitor.writes_seen == 0
        assert emulated.monitor.breaches == ()
