"""The published byte examples, answered and obeyed by the emulated boards."""

import errno

import pytest
from emulated_arm import UnwiredArm
from hypothesis import given
from hypothesis import strategies as st

from hardware.emulation.servo import Move
from hardware.emulation.smbus import EmulatedSmbus
from hardware.servos import i2c_registers as registers

READ_1 = {
    "ds": ("FF FF 01 04 02 38 02 BE", "FF F5 01 04 00 07 D0 23"),
    "feetech": ("FF FF 01 04 02 38 02 BE", "FF FF 01 04 00 00 08 F2"),
    "lx16a": ("55 55 01 03 1C DF", "55 55 01 05 1C F4 01 E8"),
    "se": ("FF FC 03 31 34", "FF FB 06 0A 07 D0 31 18"),
}
MOVE_1 = {
    "ds": ("FF FF 01 07 03 2A 07 D0 03 E8 08", 2000),
    "lx16a": ("55 55 01 07 01 F4 01 E8 03 16", 500),
    "se": ("FF FC 07 11 07 D0 01 F4 E4", 2000),
    "feetech": ("FF FF 01 09 03 2A 00 08 00 00 00 00 C0", 2048),
}
LIMP = {
    "ds": "FF FF FE 04 03 28 00 D2",
    "feetech": "FF FF FE 04 03 28 00 D2",
    "lx16a": "55 55 01 04 1F 00 DB",
    "se": "FF FC 04 1A 00 1E",
}
SERIAL = sorted(READ_1)


@pytest.mark.parametrize("name", SERIAL)
def test_a_servo_tells_its_position_in_the_published_bytes(name: str) -> None:
    asked, answer = READ_1[name]
    assert UnwiredArm(name).board().feed(bytes.fromhex(asked)).hex(" ").upper() == answer


@pytest.mark.parametrize("name", SERIAL)
def test_the_published_move_and_torque_are_obeyed(name: str) -> None:
    arm = UnwiredArm(name)
    frame, goal = MOVE_1[name]
    arm.servos.hand([0.05, 0.0, 0.0, 0.0, 0.0])
    assert arm.servos.count(1) != goal
    arm.servos.set_torque(True, [1])
    arm.board().feed(bytes.fromhex(frame))
    arm.wait(2.0)
    assert arm.servos.count(1) == goal
    arm.board().feed(bytes.fromhex(LIMP[name]))
    assert 1 in arm.servos.limp


@pytest.mark.parametrize("name", SERIAL)
@given(data=st.data())
def test_answers_do_not_depend_on_how_the_bytes_arrive(name: str, data: st.DataObject) -> None:
    frame = bytes.fromhex(READ_1[name][0])
    cut = data.draw(st.integers(0, len(frame)))
    board = UnwiredArm(name).board()
    heard = board.feed(frame[:cut]) + board.feed(frame[cut:])
    assert heard == UnwiredArm(name).board().feed(frame)


@pytest.mark.parametrize("name", SERIAL)
@given(st.binary(max_size=200))
def test_noise_neither_crashes_a_board_nor_moves_the_arm(name: str, noise: bytes) -> None:
    arm = UnwiredArm(name)
    before = arm.servos.measured()
    arm.servos.move({servo: Move(count, 1.0) for servo, count in before.items()})
    arm.servos.set_torque(True)
    arm.board().feed(noise)
    arm.wait(1.0)
    assert arm.servos.measured() == before


def test_ds_moves_all_six_by_one_frame_each_in_its_own_time() -> None:
    arm = UnwiredArm("ds")
    arm.servos.set_torque(True)
    arm.wait(5.0)
    arm.board().feed(
        bytes.fromhex(
            "FF FF FE 22 83 2A 04 01 07 D0 03 E8 02 07 D0 03 E8 03 07 D0 03 E8"
            " 04 07 D0 03 E8 05 05 CE 03 E8 06 04 F2 03 E8 72"
        )
    )
    arm.wait(2.0)
    assert list(arm.servos.measured().values()) == [2000, 2000, 2000, 2000, 1486, 1266]


def test_ds_answers_a_ping_and_says_when_it_is_overloaded() -> None:
    arm = UnwiredArm("ds")
    ping = bytes.fromhex("FF FF 01 02 01 FB")
    assert arm.board().feed(ping).hex(" ").upper() == "FF F5 01 02 00 FC"
    arm.servos.set_torque(True)
    arm.servos.block(1, 1900)
    arm.wait(10.0)
    assert arm.board().feed(ping).hex(" ").upper() == "FF F5 01 02 20 DC"


def test_ds_does_not_hear_a_servo_that_is_asked_again_at_once() -> None:
    arm = UnwiredArm("ds")
    board, ask = arm.board(), bytes.fromhex(READ_1["ds"][0])
    assert board.feed(ask)
    arm.wait(0.004)
    assert not board.feed(ask)
    arm.wait(0.006)
    assert board.feed(ask)


def test_feetech_heeds_the_speed_and_not_the_time() -> None:
    arm = UnwiredArm("feetech")
    arm.servos.set_torque(True, [2])
    board = arm.board()
    board.feed(bytes.fromhex("FF FF 01 04 03 28 01 CE"))
    arm.wait(5.0)
    assert arm.servos.count(1) == 0
    slow = bytes.fromhex("FF FF 01 09 03 2A 00 08 64 00 00 02 5A")  # 2048, 100 ms, 512 counts/s
    board.feed(slow)
    arm.wait(2.0)
    assert 700 < arm.servos.count(1) < 1100
    arm.wait(2.5)
    assert arm.servos.count(1) == 2048


def test_lx16a_waits_for_the_common_start() -> None:
    arm = UnwiredArm("lx16a")
    arm.servos.set_torque(True)
    arm.wait(5.0)
    board = arm.board()
    board.feed(bytes.fromhex("55 55 01 07 07 F4 01 E8 03 10"))
    arm.wait(2.0)
    assert arm.servos.count(1) == 0
    board.feed(bytes.fromhex("55 55 FE 03 0B F3"))
    arm.wait(2.0)
    assert arm.servos.count(1) == 500


def test_a_missing_servo_is_silent_on_a_wire_and_measures_0_on_a_dofbot_board() -> None:
    for name in SERIAL:
        arm = UnwiredArm(name)
        arm.faults.missing = {1}
        heard = arm.board().feed(bytes.fromhex(READ_1[name][0])).hex(" ").upper()
        assert heard == ("FF FB 06 0A 00 00 31 41" if name == "se" else "")


class TestI2c:
    def _read(self, smbus: EmulatedSmbus, arm: UnwiredArm, servo: int) -> int:
        smbus.write_byte_data(registers.ADDRESS, registers.POSITION + servo, 1)
        arm.wait(0.006)
        high, low = smbus.read_i2c_block_data(registers.ADDRESS, registers.POSITION + servo, 2)
        return 256 * high + low

    def test_the_first_position_after_power_up_is_0_and_then_true(self) -> None:
        arm = UnwiredArm("i2c")
        smbus = EmulatedSmbus(arm.chain)
        assert [self._read(smbus, arm, 1) for _ in range(3)] == [0, 2000, 2000]

    def test_a_position_read_too_soon_is_the_one_before(self) -> None:
        arm = UnwiredArm("i2c")
        smbus = EmulatedSmbus(arm.chain)
        self._read(smbus, arm, 1)
        self._read(smbus, arm, 1)
        arm.servos.hand([0.1, 0.0, 0.0, 0.0, 0.0])
        smbus.write_byte_data(registers.ADDRESS, registers.POSITION + 1, 1)
        early = smbus.read_i2c_block_data(registers.ADDRESS, registers.POSITION + 1, 2)
        assert early == [0x07, 0xD0]
        arm.wait(0.006)
        late = smbus.read_i2c_block_data(registers.ADDRESS, registers.POSITION + 1, 2)
        assert 256 * late[0] + late[1] == arm.servos.count(1) != 2000

    def test_a_ping_tells_who_is_there(self) -> None:
        arm = UnwiredArm("i2c")
        arm.faults.missing = {4}
        smbus, answers = EmulatedSmbus(arm.chain), []
        for servo in (3, 4):
            smbus.write_byte_data(registers.ADDRESS, registers.PING, servo)
            arm.wait(0.006)
            answers.append(smbus.read_byte_data(registers.ADDRESS, registers.PING))
        assert answers == [0xDA, 0]

    def test_six_servos_move_in_the_time_written_before(self) -> None:
        arm = UnwiredArm("i2c")
        smbus = EmulatedSmbus(arm.chain)
        arm.servos.set_torque(True)
        arm.wait(5.0)
        goal = [2000, 2000, 2000, 2000, 1486, 1400]
        smbus.write_i2c_block_data(registers.ADDRESS, registers.SIX_TIME, [0x0B, 0xB8])
        words = [byte for count in goal for byte in divmod(count, 256)]
        smbus.write_i2c_block_data(registers.ADDRESS, registers.SIX_TARGETS, words)
        arm.wait(2.5)
        assert list(arm.servos.measured().values()) != goal
        arm.wait(1.0)
        assert list(arm.servos.measured().values()) == goal

    def test_another_address_and_a_stuck_bus_are_the_errors_of_the_kernel(self) -> None:
        arm = UnwiredArm("i2c")
        smbus = EmulatedSmbus(arm.chain)
        with pytest.raises(OSError) as nobody:
            smbus.read_byte_data(0x16, registers.VERSION)
        assert nobody.value.errno == errno.EREMOTEIO
        arm.faults.stuck = True
        with pytest.raises(OSError) as stuck:
            smbus.read_byte_data(registers.ADDRESS, registers.VERSION)
        assert stuck.value.errno == errno.ETIMEDOUT
