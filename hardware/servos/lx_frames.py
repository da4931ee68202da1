"""Frames of LX-16A servos, the same in both directions, little-endian.

    request or reply   55 55  ID  LEN  CMD  params …  CHK

LEN = number of params + 3; CHK = ~(ID + LEN + CMD + params) & FF; broadcast ID = FE.

    move            55 55  01  07   01   F4 01 E8 03   16    position, time [ms]
    move, waiting   55 55  01  07   07   F4 01 E8 03   10    the same, begun by "start"
    start           55 55  FE  03   0B                 F3
    read position   55 55  01  03   1C                 DF
    its reply       55 55  01  05   1C   F4 01         E8    int16 [counts]
    unload (limp)   55 55  01  04   1F   00            DB    01 = load

Source: LewanSoul bus servo communication protocol; ethanlipson/PyLX-16A.
"""

import struct
from dataclasses import dataclass

from hardware.servos.frame_stream import FrameShape

BROADCAST = 0xFE
MOVE, MOVE_WAIT, START, STOP, READ_ID = 1, 7, 11, 12, 14
READ_TEMPERATURE, READ_VOLTAGE, READ_POSITION, LOAD, READ_LOAD = 26, 27, 28, 31, 32


def checksum(body: bytes) -> int:
    """Return the checksum of a frame that lacks only it."""
    return ~sum(body[2:]) & 0xFF


FRAMES = FrameShape(b"\x55\x55", 3, 3, 6, 16, checksum)


@dataclass(frozen=True, slots=True)
class Frame:
    """A request to ``servo``, or its reply: a command and its parameters."""

    servo: int
    command: int
    params: bytes = b""

    def encode(self) -> bytes:
        """Return the frame."""
        body = b"\x55\x55" + bytes((self.servo, len(self.params) + 3, self.command)) + self.params
        return body + bytes((checksum(body),))

    @classmethod
    def decode(cls, frame: bytes) -> "Frame":
        """Return what a whole frame of FRAMES says."""
        return cls(frame[2], frame[4], frame[5:-1])


def move_waiting(servo: int, position: int, milliseconds: int) -> Frame:
    """Tell ``servo`` [counts], [ms] what to begin at the next start."""
    return Frame(servo, MOVE_WAIT, pack_target(position, milliseconds))


def start() -> Frame:
    """Begin the waiting moves of all servos."""
    return Frame(BROADCAST, START)


def load(servo: int, on: bool) -> Frame:
    """Let ``servo`` hold, or go limp."""
    return Frame(servo, LOAD, bytes((on,)))


def pack_target(position: int, milliseconds: int) -> bytes:
    """Return the parameters of a move."""
    return struct.pack("<HH", position, milliseconds)


def unpack_target(params: bytes) -> tuple[int, int]:
    """Return position [counts] and time [ms] from the parameters of a move."""
    position, milliseconds = struct.unpack("<HH", params)
    return position, milliseconds


def pack_word(value: int) -> bytes:
    """Return a position [counts], maybe negative, or a voltage [mV] as a reply carries it."""
    return struct.pack("<h", value)


def unpack_word(params: bytes) -> int:
    """Return the signed value of a reply's two parameters."""
    return int.from_bytes(params, "little", signed=True)
