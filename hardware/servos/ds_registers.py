"""Registers of the DS-SY15A servo, big-endian (Desheng servo protocol v4.01).

28      torque off / on      00 | 01
2A-2D   target and time      posH posL tH tL        [counts], [ms]
38-39   present position     posH posL              [counts]
"""

import struct

ID, STALL_TIME, TORQUE, TARGET = 0x05, 0x06, 0x28, 0x2A
CURRENT, POSITION, SPEED, TEMPERATURE = 0x2E, 0x38, 0x3A, 0x3F

FAULTS = {0x01: "supply voltage out of range", 0x04: "too hot", 0x20: "overloaded or stalled"}
"""Bits of a reply's status."""


def pack_target(position: int, milliseconds: int) -> bytes:
    """Return the four bytes at TARGET."""
    return struct.pack(">HH", position, milliseconds)


def unpack_target(data: bytes) -> tuple[int, int]:
    """Return position [counts] and time [ms] from the four bytes at TARGET."""
    position, milliseconds = struct.unpack(">HH", data)
    return position, milliseconds


def pack_position(position: int) -> bytes:
    """Return the two bytes at POSITION."""
    return struct.pack(">H", position)


def unpack_position(data: bytes) -> int:
    """Return the position [counts] from the two bytes at POSITION."""
    return int.from_bytes(data, "big")
