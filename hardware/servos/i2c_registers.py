"""Registers of the DOFBot boards: written over I2C, or sent as commands by the DOFBOT-SE.

    11-16  W  one servo       posH posL tH tL                [counts], [ms] up to 4095
    1A     W  torque          00 | 01                        all servos
    1D     W  six servos      S1H S1L … S6H S6L              [counts], in the time of 1E
    1E     W  their time      tH tL                          [ms], written before 1D
    01     R  version         write 01, read one byte
    31-36  R  position        write 01, wait, read H L       [counts], 0 = no answer
    38     R  ping            write servo, wait, read: DA = well, 00 = none, else its status

Source: Yahboom i2c_register_map.xlsx and Arm_Lib 0.0.5. Big-endian.
"""

import struct
from collections.abc import Sequence

ADDRESS = 0x15
"""Of the board on the I2C bus."""

VERSION, SERVO, TORQUE, SIX_TARGETS, SIX_TIME = 0x01, 0x10, 0x1A, 0x1D, 0x1E
POSITION, PING = 0x30, 0x38
"""SERVO and POSITION: of servo 0; add the number of a servo."""

SIX = 6
"""Servos that SIX_TARGETS moves."""

WELL = 0xDA
"""What a ping reads from a servo without a fault."""


def pack_target(position: int, milliseconds: int) -> bytes:
    """Return what is written at SERVO + number."""
    return struct.pack(">HH", position, milliseconds)


def unpack_target(data: bytes) -> tuple[int, int]:
    """Return position [counts] and time [ms] from the four bytes at SERVO + number."""
    position, milliseconds = struct.unpack(">HH", data)
    return position, milliseconds


def pack_words(values: Sequence[int]) -> bytes:
    """Return positions, or a time, high byte first."""
    return struct.pack(f">{len(values)}H", *values)


def unpack_words(data: bytes) -> tuple[int, ...]:
    """Return the words in an even number of bytes, high byte first."""
    return struct.unpack(f">{len(data) // 2}H", data)
