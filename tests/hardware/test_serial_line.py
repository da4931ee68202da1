"""What a line may do to a request and its reply, byte by byte, on a real pseudo-terminal."""

import fcntl
import os
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from scripted_peer import PATIENT, Part, ScriptedPeer

from hardware.servos import ff_frames, serial_port
from hardware.servos.bus import (
    BusError,
    GarbledReplyError,
    PortError,
    ServoFaultError,
    ServoSilentError,
)
from hardware.servos.ds_bus import DsBus
from hardware.servos.feetech_bus import FeetechBus
from hardware.servos.lx16a_bus import Lx16aBus
from hardware.servos.serial_line import SerialLine

REQUEST = ff_frames.read(1, 0x38, 2).encode()
REPLY = ff_frames.Reply(1, 0, b"\x07\xd0").encode(ff_frames.DS)
OTHER = ff_frames.Reply(2, 0, b"\x07\xd0").encode(ff_frames.DS)
OPENS = bytes.fromhex("FF F5 01 0E")  # the start of a frame that never comes

Script = Callable[[bytes], Sequence[Part]]


def of_servo_1(frame: bytes) -> bool:
    return frame[2] == 1


@contextmanager
def opened(script: Script, reply_s: float = 0.1) -> Iterator[tuple[SerialLine, ScriptedPeer]]:
    with ScriptedPeer(script) as peer:
        line = SerialLine(peer.device, 115_200, reply_s)
        line.open()
        try:
            yield line, peer
        finally:
            line.close()


def asked(line: SerialLine) -> bytes:
    return line.ask(1, REQUEST, ff_frames.DS_REPLIES, len(REPLY), of_servo_1)


@pytest.mark.parametrize(
    "parts",
    [
        [REPLY],
        [REQUEST, REPLY],
        [REQUEST[:3], 0.002, REQUEST[3:] + REPLY[:2], 0.002, REPLY[2:]],
        [b"\xff", REPLY],
        [b"\x00\xff\xf5\x81noise", REPLY],
        [OTHER, REPLY],
        [REPLY[:-1] + b"\x00", REPLY],
        [OPENS, REPLY],
        [0.02, REPLY],
    ],
    ids=[
        "plain", "echo", "in pieces", "plug noise", "noise", "another servo first",
        "a spoiled one first", "half a header first", "late",
    ],
)  # fmt: skip
def test_the_reply_is_found(parts: Sequence[Part]) -> None:
    with opened(lambda _: parts) as (line, peer):
        assert asked(line) == REPLY
        assert peer.heard == REQUEST


def test_a_reply_returns_at_once() -> None:
    with opened(lambda _: [REPLY], reply_s=5.0) as (line, _):
        start = time.monotonic()
        asked(line)
        assert time.monotonic() - start < 1.0


def test_what_came_before_the_question_is_no_answer() -> None:
    with opened(lambda _: ()) as (line, peer):
        peer.say(REPLY)
        time.sleep(0.01)
        with pytest.raises(ServoSilentError):
            asked(line)


def test_an_answer_that_came_too_late_is_not_taken_for_the_next() -> None:
    late = ff_frames.Reply(1, 0, b"\x01\x01").encode(ff_frames.DS)
    with opened(lambda _: [0.06, late], reply_s=0.02) as (line, peer):
        with pytest.raises(ServoSilentError):
            asked(line)
        time.sleep(0.1)
        peer.script = lambda _: [REPLY]
        assert asked(line) == REPLY


@pytest.mark.parametrize(
    ("parts", "error", "says"),
    [
        ([], ServoSilentError, "servo 1 gives no answer on"),
        ([REQUEST], ServoSilentError, "servo 1 gives no answer but the echo of the question"),
        ([REPLY[:4]], GarbledReplyError, "no answer of servo 1: ff f5 01 04: check cable"),
        ([REPLY[:-1] + b"\x00"], GarbledReplyError, "no answer of servo 1: ff f5 01"),
        ([REQUEST, OTHER], GarbledReplyError, "no answer of servo 1: ff f5 02"),
        ([b"\x00" * 5], GarbledReplyError, "00 00 00 00 00"),
    ],
)
def test_what_was_heard_instead_is_said(
    parts: Sequence[Part], error: type[BusError], says: str
) -> None:
    with opened(lambda _: parts) as (line, peer):
        with pytest.raises(error, match=says) as caught:
            asked(line)
        assert peer.device in str(caught.value)


def test_a_babbling_line_ends_in_time() -> None:
    babble: list[Part] = [part for _ in range(400) for part in (b"\xff\xf5", 0.001)]
    with opened(lambda _: babble, reply_s=0.02) as (line, _):
        start = time.monotonic()
        with pytest.raises(GarbledReplyError):
            asked(line)
        assert time.monotonic() - start < 0.3


def test_a_port_that_takes_no_bytes_is_an_error_and_not_a_wait() -> None:
    ours, theirs = os.openpty()  # nobody reads
    line = SerialLine(os.ttyname(theirs), 115_200, 0.02)
    line.open()
    with pytest.raises(BusError, match="takes no more bytes"):
        for _ in range(1000):
            line.send(bytes(100))
    line.close()
    os.close(theirs)
    os.close(ours)


def test_the_pace_of_the_board_is_back_after_others_were_tried() -> None:
    with opened(lambda _: ()) as (line, peer):
        line.set_baud(1_000_000)
        line.close()
        line.open()
        with os.fdopen(os.open(peer.device, os.O_RDONLY | os.O_NOCTTY), "rb") as port:
            assert termios.tcgetattr(port)[4] == termios.B115200


def test_status_bits_are_told_in_words() -> None:
    hot = ff_frames.Reply(1, 0x24, b"\x07\xd0").encode(ff_frames.DS)
    with ScriptedPeer(lambda _: [hot]) as peer:
        bus = DsBus(PATIENT["ds"], peer.device)
        bus.open()
        with pytest.raises(ServoFaultError, match=r"servo 1 says: too hot and overloaded .*0x24"):
            bus.read(1)
        bus.close()


def test_a_reply_of_another_length_is_not_the_one_asked_for() -> None:
    ping, position = ff_frames.Reply(1), ff_frames.Reply(1, 0, b"\x07\xd0")
    with ScriptedPeer(lambda _: [ping.encode(ff_frames.DS)]) as peer:
        bus = DsBus(PATIENT["ds"], peer.device)
        bus.open()
        with pytest.raises(GarbledReplyError, match="no answer of servo 1: ff f5 01 02"):
            bus.read(1)
        peer.script = lambda _: [ping.encode(ff_frames.DS), position.encode(ff_frames.DS)]
        assert bus.read(1) == 2000
        bus.close()


def test_a_fault_is_told_though_its_reply_carries_nothing() -> None:
    bare = ff_frames.Reply(1, 0x01).encode(ff_frames.STS)
    with ScriptedPeer(lambda data: [data, bare]) as peer:
        bus = FeetechBus(PATIENT["feetech"], peer.device)
        bus.open()
        with pytest.raises(ServoFaultError, match="servo 1 says: supply voltage out of range"):
            bus.ping(1)
        assert bus.voltage() is None
        bus.close()


def test_an_lx16a_that_will_unload_itself_is_said_to_be_hot() -> None:
    with ScriptedPeer(lambda _: [bytes.fromhex("55 55 01 04 1A 56 8A")]) as peer:
        bus = Lx16aBus(PATIENT["lx16a"], peer.device)
        bus.open()
        with pytest.raises(ServoFaultError, match=r"servo 1 is too hot \(86 °C\)"):
            bus.ping(1)
        bus.close()


def test_a_missing_port_lists_the_ports_that_are_there() -> None:
    with pytest.raises(PortError, match=r"no port /dev/ttyMISSING: .*--device .*serial ports here"):
        SerialLine("/dev/ttyMISSING", 115_200, 0.02).open()


def test_what_is_no_serial_port_is_said_to_be_none() -> None:
    with pytest.raises(PortError, match="/dev/null is no serial port"):
        SerialLine("/dev/null", 115_200, 0.02).open()


@contextmanager
def an_ordinary_account() -> Iterator[None]:
    """Be nobody for a while, where the tests run as root."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_port_without_permission_names_the_group() -> None:
    with ScriptedPeer() as peer:
        os.chmod(peer.device, 0)  # noqa: PTH101
        with an_ordinary_account(), pytest.raises(PortError, match="usermod -aG dialout"):
            SerialLine(peer.device, 115_200, 0.02).open()


def test_a_program_that_takes_no_lock_cannot_open_the_port_either() -> None:
    with opened(lambda _: ()) as (line, peer):
        os.chmod(peer.device, 0o666)  # noqa: PTH101
        with an_ordinary_account():
            with pytest.raises(OSError, match="busy"):
                os.open(peer.device, os.O_RDWR | os.O_NOCTTY)
            line.close()
            os.close(os.open(peer.device, os.O_RDWR | os.O_NOCTTY))


@contextmanager
def another_program(device: str, lock: bool) -> Iterator[int]:
    """Run a program that has ``device`` open; yield its number."""
    held = "fcntl.flock(port, fcntl.LOCK_EX);" if lock else ""
    code = (
        f"import fcntl, os; port = os.open({device!r}, os.O_RDWR | os.O_NOCTTY); {held}"
        "print('holding', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        program.stdout.readline()
        yield program.pid
        program.communicate(b"\n")


def test_the_program_that_locked_the_port_is_named() -> None:
    with ScriptedPeer() as peer, another_program(peer.device, lock=True) as process:
        says = rf"{peer.device} is in use by '.*python.*' \(process {process}\): stop it first"
        with pytest.raises(PortError, match=says):
            SerialLine(peer.device, 115_200, 0.02).open()


def test_a_program_that_took_no_lock_is_noticed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_port, "PSEUDO_TERMINALS", "/not/these")
    with (
        ScriptedPeer() as peer,
        another_program(peer.device, lock=False) as process,
        pytest.raises(PortError, match=rf"\(process {process}\)"),
    ):
        SerialLine(peer.device, 115_200, 0.02).open()


def test_the_port_is_locked_while_open_and_free_afterwards() -> None:
    with opened(lambda _: ()) as (line, peer):
        port = os.open(peer.device, os.O_RDWR | os.O_NOCTTY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
        line.close()
        fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(port)
