"""Frames of the DOFBOT-SE serial board. Commands are the numbers of i2c_registers.

    request   FF FC  LEN  CMD   data …  CHK
    reply     FF FB  LEN  TYPE  data …  CHK

LEN counts LEN, CMD, data and CHK; CHK = (LEN + CMD + data) & FF.

    one servo        FF FC  07  11  07 D0 01 F4                       E4   posH posL tH tL
    six servos       FF FC  11  1D  07 D0 07 D0 … 04 F2  03 E8        3E   S1H S1L … S6L tH tL
    torque on        FF FC  04  1A  01                                1F
    version          FF FC  03  01                                    04
    its reply        FF FB  04  01  05                                0A
    read position    FF FC  03  31                                    34
    its reply        FF FB  06  0A  07 D0 31                          18   posH posL, command asked

Source: the vendor's serial Arm_Lib. It never parses an answer to a ping (38), so reading a
position is the way to ask whether a servo is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hardware.servos import i2c_registers as registers
from hardware.servos.frame_stream import FrameShape

HOST, BOARD = b"\xff\xfc", b"\xff\xfb"
POSITION_TYPE, VERSION_TYPE = 0x0A, 0x01


def checksum(body: bytes) -> int:
    """Return the checksum of a frame that lacks only it."""
    return sum(body[2:]) & 0xFF


REQUESTS = FrameShape(HOST, 2, 2, 5, 24, checksum)
REPLIES = FrameShape(BOARD, 2, 2, 5, 16, checksum)


@dataclass(frozen=True, slots=True)
class Request:
    """What the host asks of the board."""

    command: int
    data: bytes = b""

    def encode(self) -> bytes:
        """Return the frame."""
        return _frame(HOST, self.command, self.data)

    @classmethod
    def decode(cls, frame: bytes) -> "Request":
        """Return what a whole frame of REQUESTS says."""
        return cls(frame[3], frame[4:-1])


@dataclass(frozen=True, slots=True)
class Reply:
    """What the board answers."""

    kind: int
    data: bytes = b""

    def encode(self) -> bytes:
        """Return the frame."""
        return _frame(BOARD, self.kind, self.data)

    @classmethod
    def decode(cls, frame: bytes) -> "Reply":
        """Return what a whole frame of REPLIES says."""
        return cls(frame[3], frame[4:-1])


def move_one(servo: int, position: int, milliseconds: int) -> Request:
    """Send one servo to a position [counts] in a time [ms]."""
    return Request(registers.SERVO + servo, registers.pack_target(position, milliseconds))


def move_six(positions: Sequence[int], milliseconds: int) -> Request:
    """Send servos 1 to 6 to their positions [counts] in a time [ms]."""
    return Request(registers.SIX_TARGETS, registers.pack_words([*positions, milliseconds]))


def torque(on: bool) -> Request:
    """Let all servos hold, or go limp."""
    return Request(registers.TORQUE, bytes((on,)))


def read_position(servo: int) -> Request:
    """Ask where ``servo`` is."""
    return Request(registers.POSITION + servo)


def position_reply(servo: int, position: int) -> Reply:
    """Answer where ``servo`` is [counts]; 0 if it does not tell the board."""
    data = registers.pack_words([position]) + bytes((registers.POSITION + servo,))
    return Reply(POSITION_TYPE, data)


def position_of(reply: Reply) -> tuple[int, int] | None:
    """Return servo and position [counts] of a position reply; None if it is another."""
    if reply.kind != POSITION_TYPE or len(reply.data) != 3:
        return None
    return reply.data[2] - registers.POSITION, int.from_bytes(reply.data[:2], "big")


def _frame(header: bytes, code: int, data: bytes) -> bytes:
    body = header + bytes((len(data) + 3, code)) + data
    return body + bytes((checksum(body),))
