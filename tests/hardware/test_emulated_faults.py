"""Every fault of the list, seen in the bytes that a host hears."""

import errno

import pytest
from emulated_arm import UnwiredArm

from hardware.emulation.faults import BusFaults, Fault
from hardware.emulation.smbus import EmulatedSmbus
from hardware.servos import i2c_registers as registers

ASK = {
    "ds": ("FF FF 01 04 02 38 02 BE", "FF FF 02 04 02 38 02 BD"),
    "feetech": ("FF FF 01 04 02 38 02 BE", "FF FF 02 04 02 38 02 BD"),
    "lx16a": ("55 55 01 03 1C DF", "55 55 02 03 1C DE"),
    "se": ("FF FC 03 31 34", "FF FC 03 32 35"),
}
NUMBER = {"ds": (2, 2), "feetech": (2, 2), "lx16a": (2, 2), "se": (6, 0x32)}
POSITION = {"ds": slice(5, 7), "feetech": slice(5, 7), "lx16a": slice(5, 7), "se": slice(4, 6)}
every_serial_board = pytest.mark.parametrize("name", sorted(ASK))


def _heard(name: str, *faults: Fault) -> tuple[bytes, bytes, bytes]:
    """Return the question, what is heard with ``faults``, and the faultless reply."""
    asked = bytes.fromhex(ASK[name][0])
    faulty = UnwiredArm(name)
    faulty.faults.on = set(faults)
    return asked, faulty.board().feed(asked), UnwiredArm(name).board().feed(asked)


@every_serial_board
def test_no_reply(name: str) -> None:
    assert _heard(name, Fault.SILENT)[1] == b""


@every_serial_board
def test_a_wrong_checksum_alone(name: str) -> None:
    _, heard, good = _heard(name, Fault.CHECKSUM)
    assert heard[:-1] == good[:-1] and heard[-1] != good[-1]


@every_serial_board
def test_half_a_frame(name: str) -> None:
    _, heard, good = _heard(name, Fault.HALF)
    assert 0 < len(heard) < len(good) and good.startswith(heard)


@every_serial_board
def test_the_hosts_own_bytes_come_first(name: str) -> None:
    asked, heard, good = _heard(name, Fault.ECHO)
    assert heard == asked + good


@every_serial_board
def test_the_reply_before_comes_again(name: str) -> None:
    arm = UnwiredArm(name)
    board = arm.board()
    first, second = (bytes.fromhex(text) for text in ASK[name])
    reply = board.feed(first)
    arm.faults.on = {Fault.STALE}
    assert board.feed(second) == reply
    arm.faults.on.clear()
    arm.wait(1.0)
    assert board.feed(second) not in (reply, b"")


@every_serial_board
def test_a_reply_of_another_servo_is_otherwise_a_good_one(name: str) -> None:
    _, heard, good = _heard(name, Fault.OTHER_ID)
    at, number = NUMBER[name]
    assert heard[at] == number and len(heard) == len(good)
    assert UnwiredArm(name).board().replies.shape.whole(heard)


@every_serial_board
def test_an_absurd_position_is_otherwise_a_good_reply(name: str) -> None:
    _, heard, _ = _heard(name, Fault.ABSURD)
    assert heard[POSITION[name]] in (b"\x00\x00", b"\xff\xff")
    assert UnwiredArm(name).board().replies.shape.whole(heard)


@every_serial_board
def test_a_stuck_bus_neither_answers_nor_obeys(name: str) -> None:
    arm = UnwiredArm(name)
    board = arm.board()
    arm.faults.stuck = True
    arm.faults.on = {Fault.ECHO}
    assert board.feed(bytes.fromhex(ASK[name][0])) == b""
    arm.faults.stuck = False
    arm.faults.on.clear()
    assert board.feed(bytes.fromhex(ASK[name][0]))


@every_serial_board
def test_a_brown_out_is_silent_for_a_while_and_leaves_the_arm_limp_and_forgetful(
    name: str,
) -> None:
    arm = UnwiredArm(name)
    board = arm.board()
    arm.servos.set_torque(True)
    arm.chain.brown_out(0.5)
    assert not arm.servos.torque
    assert board.feed(bytes.fromhex(ASK[name][0])) == b""
    arm.wait(0.6)
    assert board.feed(bytes.fromhex(ASK[name][0]))
    arm.servos.set_torque(True)
    arm.wait(5.0)
    assert set(arm.servos.measured().values()) == {arm.kind.lowest}


def test_a_share_of_the_replies_gets_one_random_fault_each() -> None:
    arm = UnwiredArm("lx16a")
    arm.faults.rate = 0.05
    board, asked = arm.board(), bytes.fromhex(ASK["lx16a"][0])
    good = UnwiredArm("lx16a").board().feed(asked)
    wrong = sum(board.feed(asked) != good for _ in range(4000))
    drawn = arm.faults.drawn
    assert 140 < drawn.total() < 260
    assert set(drawn) == set(Fault)
    assert wrong == drawn.total() - drawn[Fault.STALE]  # the reply before is the same here


def test_random_faults_come_again_with_their_seed() -> None:
    first, again, other = (BusFaults(0.3, seed=seed) for seed in (1, 1, 2))
    draws = [[faults.draw() for _ in range(100)] for faults in (first, again, other)]
    assert draws[0] == draws[1] != draws[2]


def test_a_rate_that_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        BusFaults(rate=1.5)


def test_i2c_shows_the_faults_that_a_bus_without_frames_can_have() -> None:
    arm = UnwiredArm("i2c")
    smbus, register = EmulatedSmbus(arm.chain), registers.POSITION + 1
    for _ in range(2):
        smbus.write_byte_data(registers.ADDRESS, register, 1)
        arm.wait(0.006)
        good = smbus.read_i2c_block_data(registers.ADDRESS, register, 2)
    assert good == [0x07, 0xD0]
    arm.faults.on = {Fault.ABSURD}
    assert smbus.read_i2c_block_data(registers.ADDRESS, register, 2) in ([0, 0], [255, 255])
    arm.faults.on = {Fault.STALE}
    assert smbus.read_i2c_block_data(registers.ADDRESS, registers.POSITION + 2, 2) == good
    arm.faults.on = {Fault.SILENT}
    with pytest.raises(OSError) as silent:
        smbus.read_i2c_block_data(registers.ADDRESS, register, 2)
    assert silent.value.errno == errno.EREMOTEIO
    arm.faults.on.clear()
    arm.chain.brown_out(0.5)
    with pytest.raises(OSError, match="Remote I/O"):
        smbus.read_i2c_block_data(registers.ADDRESS, register, 2)
