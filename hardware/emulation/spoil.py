"""What a fault makes of a serial reply."""

from collections.abc import Set
from dataclasses import dataclass

from hardware.emulation.faults import Fault
from hardware.servos.frame_stream import FrameShape


@dataclass(frozen=True, slots=True)
class ReplyLayout:
    """Where a reply keeps what a fault changes: indices of servo number and position."""

    shape: FrameShape
    servo_at: int
    position_at: int
    position_size: int = 8
    """Of the whole reply that carries a position [bytes]."""


def spoiled(
    reply: bytes, request: bytes, before: bytes, faults: Set[Fault], layout: ReplyLayout, value: int
) -> bytes:
    """Return what is heard instead of ``reply``.

    before: the reply before. value: the absurd position, where one is due.
    """
    if Fault.STALE in faults:
        reply = before
    if Fault.SILENT in faults:
        reply = b""
    if Fault.OTHER_ID in faults and len(reply) > layout.servo_at:
        at = layout.servo_at
        reply = _mended(reply[:at] + bytes((reply[at] + 1,)) + reply[at + 1 :], layout)
    if Fault.ABSURD in faults and len(reply) == layout.position_size:
        at = layout.position_at
        reply = _mended(reply[:at] + value.to_bytes(2, "big") + reply[at + 2 :], layout)
    if Fault.CHECKSUM in faults and reply:
        reply = reply[:-1] + bytes((reply[-1] ^ 0x01,))
    if Fault.HALF in faults:
        reply = reply[: len(reply) // 2]
    if Fault.ECHO in faults:
        reply = request + reply
    return reply


def _mended(reply: bytes, layout: ReplyLayout) -> bytes:
    """Return the changed ``reply`` with the checksum that belongs to it."""
    return reply[:-1] + bytes((layout.shape.checksum(reply[:-1]),))
