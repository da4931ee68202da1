"""Frames of DS Power (Desheng) and Feetech STS servos on a bare bus.

    request        FF FF  ID  LEN  INST    params …  CHK
    reply of DS    FF F5  ID  LEN  STATUS  params …  CHK
    reply of STS   FF FF  ID  LEN  STATUS  params …  CHK

LEN = number of params + 2; CHK = ~(ID + LEN + INST + params) & FF; broadcast ID = FE.

    PING           FF FF  01  02   01  FB
    READ           FF FF  01  04   02  38 02              BE    address, count
    WRITE          FF FF  01  04   03  28 01              CE    address, data …
    SYNC_WRITE     FF FF  FE  22   83  2A 04  01 07 D0 …  72    address, count, (ID, data …) …

Sources: Desheng servo protocol v4.01; Feetech SMS/STS protocol manual. Words are big-endian in
the first and little-endian in the second: ds_registers and feetech_registers know.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hardware.servos.frame_stream import FrameShape

BROADCAST = 0xFE
PING, READ, WRITE, REG_WRITE, ACTION, RESET, SYNC_WRITE = 1, 2, 3, 4, 5, 6, 0x83
HOST, DS, STS = b"\xff\xff", b"\xff\xf5", b"\xff\xff"


def checksum(body: bytes) -> int:
    """Return the checksum of a frame that lacks only it."""
    return ~sum(body[2:]) & 0xFF


def _shape(header: bytes, longest: int) -> FrameShape:
    return FrameShape(header, 3, 4, 6, longest, checksum, never_next=0xFF)


REQUESTS = _shape(HOST, 128)
DS_REPLIES = _shape(DS, 32)
STS_REPLIES = _shape(STS, 32)


@dataclass(frozen=True, slots=True)
class Request:
    """What the host asks of ``servo``: an instruction and its parameters."""

    servo: int
    instruction: int
    params: bytes = b""

    def encode(self) -> bytes:
        """Return the frame."""
        return _frame(HOST, self.servo, self.instruction, self.params)

    @classmethod
    def decode(cls, frame: bytes) -> "Request":
        """Return what a whole frame of REQUESTS says."""
        return cls(frame[2], frame[4], frame[5:-1])


@dataclass(frozen=True, slots=True)
class Reply:
    """What ``servo`` answers: its status bits and what was read."""

    servo: int
    status: int = 0
    params: bytes = b""

    def encode(self, header: bytes) -> bytes:
        """Return the frame of a DS or STS servo, by its header."""
        return _frame(header, self.servo, self.status, self.params)

    @classmethod
    def decode(cls, frame: bytes) -> "Reply":
        """Return what a whole frame of DS_REPLIES or STS_REPLIES says."""
        return cls(frame[2], frame[4], frame[5:-1])


def ping(servo: int) -> Request:
    """Ask whether ``servo`` is there, and its status."""
    return Request(servo, PING)


def read(servo: int, address: int, count: int) -> Request:
    """Ask for ``count`` bytes from ``address`` on."""
    return Request(servo, READ, bytes((address, count)))


def write(servo: int, address: int, data: bytes) -> Request:
    """Write ``data`` from ``address`` on; only a single servo answers."""
    return Request(servo, WRITE, bytes((address,)) + data)


def sync_write(address: int, data: Mapping[int, bytes]) -> Request:
    """Write each servo its own data, all of one size, at the same moment; none answers."""
    size = len(next(iter(data.values())))
    chunks = b"".join(bytes((servo,)) + chunk for servo, chunk in data.items())
    return Request(BROADCAST, SYNC_WRITE, bytes((address, size)) + chunks)


def sync_written(request: Request) -> tuple[int, dict[int, bytes]] | None:
    """Return address and data by servo of a SYNC_WRITE; None if it is another or contradictory."""
    if request.instruction != SYNC_WRITE or len(request.params) < 3:
        return None
    address, size, chunks = request.params[0], request.params[1], request.params[2:]
    step = size + 1
    if size == 0 or len(chunks) % step:
        return None
    starts = range(0, len(chunks), step)
    return address, {chunks[start]: chunks[start + 1 : start + step] for start in starts}


def _frame(header: bytes, servo: int, code: int, params: bytes) -> bytes:
    body = header + bytes((servo, len(params) + 2, code)) + params
    return body + bytes((checksum(body),))
