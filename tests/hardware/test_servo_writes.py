"""The very bytes that each bus puts on the wire, and that it never writes anything else."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from scripted_peer import PATIENT, ScriptedPeer, in_turn

from hardware.servos.bus import BusError
from hardware.servos.open_bus import open_bus

BROADCAST = 0xFE  # whom all servos hear and none answers
TARGETS = dict(enumerate([2000, 2000, 2000, 2000, 1486, 1266], start=1))
HERE = {  # what answers the question at opening
    "se": "FF FB 06 0A 07 D0 31 18",
    "ds": "FF F5 01 02 00 FC",
    "feetech": "FF FF 01 03 00 01 FA",
    "lx16a": "55 55 01 04 1A 1E C2",
}


def written(board: str, replies: Sequence[str], targets: dict[int, int], seconds: float) -> str:
    """Return what a move, and torque on and off, put on the wire."""
    with ScriptedPeer(in_turn(HERE[board], *replies)) as peer:
        bus = open_bus(PATIENT[board], peer.device)
        bus.open()
        for servo in range(1, len(replies) + 1):
            bus.read(servo)
        before = len(peer.heard)
        bus.move(targets, seconds)
        bus.torque(True)
        bus.torque(False)
        with suppress(BusError):
            bus.ping(6)  # by its end, all before it was heard
        heard = peer.heard[before:].hex(" ").upper()
        bus.close()
    return heard


def test_the_se_board_is_told_six_targets_and_a_time_in_one_frame() -> None:
    assert written("se", [], TARGETS, 1.0).startswith(
        "FF FC 11 1D 07 D0 07 D0 07 D0 07 D0 05 CE 04 F2 03 E8 3E"
        " FF FC 04 1A 01 1F FF FC 04 1A 00 1E"
    )


def test_the_se_board_is_told_of_one_servo_alone() -> None:
    assert written("se", [], {1: 2000}, 0.5).startswith("FF FC 07 11 07 D0 01 F4 E4 FF FC 04 1A")


def test_ds_servos_are_told_all_at_once() -> None:
    assert written("ds", [], TARGETS, 1.0).startswith(
        "FF FF FE 22 83 2A 04 01 07 D0 03 E8 02 07 D0 03 E8 03 07 D0 03 E8"
        " 04 07 D0 03 E8 05 05 CE 03 E8 06 04 F2 03 E8 72"
        " FF FF FE 04 03 28 01 D1 FF FF FE 04 03 28 00 D2"
    )


def test_feetech_servos_are_told_the_speed_that_takes_the_time() -> None:
    at_2048 = "FF FF 01 04 00 00 08 F2"
    heard = written("feetech", [at_2048], {1: 2148}, 0.5)  # 100 counts in 0.5 s: 200 counts/s
    assert heard.startswith(
        "FF FF FE 0B 83 2A 06 01 64 08 F4 01 C8 00 19"
        " FF FF FE 04 03 28 01 D1 FF FF FE 04 03 28 00 D2"
    )


def test_a_feetech_servo_already_there_is_not_told_the_fastest_speed() -> None:
    at_2048 = "FF FF 01 04 00 00 08 F2"
    assert " 01 00 08 F4 01 C8 00 " in written("feetech", [at_2048], {1: 2048}, 0.5)


def test_lx16a_servos_wait_for_one_start() -> None:
    assert written("lx16a", [], {1: 500, 2: 510}, 1.0).startswith(
        "55 55 01 07 07 F4 01 E8 03 10 55 55 02 07 07 FE 01 E8 03 05 55 55 FE 03 0B F3"
        " 55 55 FE 04 1F 01 DD 55 55 FE 04 1F 00 DE"
    )


def test_a_feetech_move_starts_where_the_last_one_led() -> None:
    with ScriptedPeer(in_turn(HERE["feetech"], "FF FF 01 04 00 00 08 F2")) as peer:
        bus = open_bus(PATIENT["feetech"], peer.device)
        bus.open()
        bus.move({1: 2148}, 0.5)  # reads first
        bus.move({1: 2178}, 0.1)  # 30 counts in 0.1 s: 300 counts/s
        bus.close()
        last = peer.wait_for(8 + 8 + 15 + 15)[-15:-1].hex(" ").upper()
    assert last == "FF FF FE 0B 83 2A 06 01 82 08 64 00 2C 01"


def to_one_servo(
    script: Callable[[bytes], Sequence[bytes | float]],
) -> Callable[[bytes], list[bytes | float]]:
    """Return a script that lets ``script`` answer each frame but those to all servos."""

    def say(heard: bytes) -> list[bytes | float]:
        frames = heard.split(b"\xff\xff")[1:]
        return [part for frame in frames if frame[0] != BROADCAST for part in script(frame)]

    return say


def test_a_feetech_arm_moved_by_hand_while_closed_is_read_again() -> None:
    with ScriptedPeer() as peer:
        bus = open_bus(PATIENT["feetech"], peer.device)
        for position in ("FF FF 01 04 00 00 08 F2", "FF FF 01 04 00 64 08 8E"):
            peer.script = to_one_servo(in_turn(HERE["feetech"], position))
            bus.open()
            bus.move({1: 2148}, 1.0)
            bus.close()
        last = peer.wait_for(2 * (8 + 8 + 15))[-15:-1].hex(" ").upper()
    assert last == "FF FF FE 0B 83 2A 06 01 64 08 E8 03 C8 00"  # it is there: held


def test_the_se_board_has_its_pause_before_each_single_servo() -> None:
    with ScriptedPeer(lambda _: [bytes.fromhex(HERE["se"])]) as peer:
        bus = open_bus(PATIENT["se"], peer.device)
        bus.open()
        start = time.monotonic()
        bus.move({1: 2000, 2: 2000, 3: 2000}, 0.5)
        assert time.monotonic() - start >= 0.03
        bus.close()


@pytest.mark.parametrize("board", HERE)
def test_opening_asks_and_writes_nothing(board: str) -> None:
    with ScriptedPeer(lambda _: [bytes.fromhex(HERE[board])]) as peer:
        bus = open_bus(PATIENT[board], peer.device)
        bus.open()
        bus.close()
        questions = {
            "se": "FF FC 03 31 34",
            "ds": "FF FF 01 02 01 FB",
            "feetech": "FF FF 01 04 02 05 01 F2",
            "lx16a": "55 55 01 03 1A E1",
        }
        assert peer.heard.hex(" ").upper() == questions[board]
