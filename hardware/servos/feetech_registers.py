"""Registers of Feetech STS servos, little-endian, signed words as sign and magnitude (bit 15).

    28      torque off / on          00 | 01
    2A-2F   target, time, speed      posL posH tL tH vL vH     [counts], [ms], [counts/s]
    38-39   present position         posL posH                 [counts]
    3E      supply                   v                         [0.1 V]

In position mode the servo heeds the speed and ignores the time; speed 0 means the fastest.
Source: huggingface/lerobot, motors/feetech/tables.py; Feetech STS3215 memory table.
"""

import struct

ID, LOCK, TORQUE, ACCELERATION, TARGET = 5, 55, 40, 41, 42
POSITION, SPEED, LOAD, VOLTAGE, TEMPERATURE = 56, 58, 60, 62, 63

FASTEST = 0x7FFF
"""The largest speed that can be asked for [counts/s]."""

FAULTS = {
    0x01: "supply voltage out of range",
    0x02: "position sensor fault",
    0x04: "too hot",
    0x08: "drawing too much current",
    0x20: "overloaded or stalled",
}
"""Bits of a reply's status."""


def pack_target(position: int, milliseconds: int, speed: int) -> bytes:
    """Return the six bytes at TARGET."""
    return struct.pack("<HHH", _signed(position), milliseconds, speed)


def unpack_target(data: bytes) -> tuple[int, int, int]:
    """Return position [counts], time [ms] and speed [counts/s] from the six bytes at TARGET."""
    position, milliseconds, speed = struct.unpack("<HHH", data)
    return _plain(position), milliseconds, speed


def pack_position(position: int) -> bytes:
    """Return the two bytes at POSITION."""
    return _signed(position).to_bytes(2, "little")


def unpack_position(data: bytes) -> int:
    """Return the position [counts], maybe negative, from the two bytes at POSITION."""
    return _plain(int.from_bytes(data, "little"))


def _signed(value: int) -> int:
    return value if value >= 0 else 0x8000 | -value


def _plain(word: int) -> int:
    return -(word & 0x7FFF) if word & 0x8000 else word
