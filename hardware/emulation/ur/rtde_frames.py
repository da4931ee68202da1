"""RTDE messages as bytes: protocol version 2, port 30004, big-endian throughout.

    | size uint16 | kind uint8 | payload |     the size counts the whole message

    00 05 56 00 02                            version 2, please
    00 04 56 01                               yes
    00 03 76                                  which controller?
    00 13 76 00000003 0000000F 00000008 ...   3.15.8, build ...
    .. .. 4F 405F400000000000 "actual_q,..."  send these at 125 Hz
    .. .. 4F 01 "VECTOR6D,..."                recipe 1, their types
    .. .. 49 "input_int_register_0,..."       these will come from here
    .. .. 49 01 "INT32,..."                   recipe 1; IN_USE or NOT_FOUND where refused
    00 03 53   00 04 53 01                    start; started
    .. .. 55 01 values                        data of recipe 1, either way

Source: Real-Time Data Exchange (RTDE) Guide, Universal Robots.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

Value = float | Sequence[float]

FORMATS = {
    "BOOL": "?",
    "UINT8": "B",
    "UINT32": "I",
    "UINT64": "Q",
    "INT32": "i",
    "DOUBLE": "d",
    "VECTOR3D": "3d",
    "VECTOR6D": "6d",
    "VECTOR6INT32": "6i",
    "VECTOR6UINT32": "6I",
}
"""How ``struct`` writes each type of the guide."""

_HEADER = struct.Struct(">HB")


class Kind(IntEnum):
    """What a message is, its third byte."""

    PROTOCOL_VERSION = ord("V")
    CONTROLLER_VERSION = ord("v")
    TEXT = ord("M")
    DATA = ord("U")
    SETUP_OUTPUTS = ord("O")
    SETUP_INPUTS = ord("I")
    START = ord("S")
    PAUSE = ord("P")


def frame(kind: Kind, payload: bytes = b"") -> bytes:
    """Return the message of ``kind``. Raises ValueError for a payload that no size can count."""
    size = _HEADER.size + len(payload)
    if size > 0xFFFF:
        raise ValueError(f"an RTDE message has at most 65535 bytes, not {size}")
    return _HEADER.pack(size, kind) + payload


def take_frame(buffer: bytearray) -> tuple[Kind, bytes] | None:
    """Remove the first message from ``buffer``; None while it is not whole.

    Raises ValueError for a size below the header's, or a kind that is none: the stream is lost.
    """
    if len(buffer) < _HEADER.size:
        return None
    size, kind = _HEADER.unpack_from(buffer)
    if size < _HEADER.size:
        raise ValueError(f"an RTDE message of {size} bytes")
    known = Kind(kind)
    if len(buffer) < size:
        return None
    payload = bytes(buffer[_HEADER.size : size])
    del buffer[:size]
    return known, payload


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which variables a data message holds, in order, and their types."""

    names: tuple[str, ...]
    types: tuple[str, ...]

    def pack(self, values: Mapping[str, Value]) -> bytes:
        """Return the variables as bytes. Raises struct.error for one out of its type's range."""
        flat: list[float] = []
        for name in self.names:
            value = values[name]
            flat.extend([value] if isinstance(value, int | float) else value)
        return struct.pack(self._format, *flat)

    def unpack(self, data: bytes) -> dict[str, Value]:
        """Return the variables in ``data``. Raises ValueError for a wrong number of bytes."""
        if len(data) != struct.calcsize(self._format):
            raise ValueError(f"{len(data)} bytes for {', '.join(self.names)}")
        flat = list(struct.unpack(self._format, data))
        values: dict[str, Value] = {}
        for name, kind in zip(self.names, self.types, strict=True):
            count = int(FORMATS[kind][:-1] or 1)
            taken, flat = flat[:count], flat[count:]
            values[name] = taken[0] if count == 1 else tuple(taken)
        return values

    @property
    def _format(self) -> str:
        return ">" + "".join(FORMATS[kind] for kind in self.types)
