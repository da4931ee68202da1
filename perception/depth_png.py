"""PNG files to depth pictures, strictly: what is damaged is refused, never half measured."""

import struct
import zlib

import cv2
import numpy as np

from perception.depth_frame import DepthPicture
from perception.errors import CameraError

MOST_BYTES = 8 * 2**20
MOST_PIXELS = 2**22
"""2048 by 2048; a head of a few bytes may claim far more than fits into memory."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY_16 = b"\x10\x00\x00\x00\x00"
"""16 bits, grey, the usual compression and filters, not interlaced (PNG 1.2, section 11.2.2)."""
_HEAD = struct.Struct(">II5s")
_AROUND = 12
"""Bytes of a chunk besides its data: length, name, checksum."""


def decode_depth(data: bytes, size: tuple[int, int], unit: float) -> DepthPicture:
    """Return the distances [height, width] float32 [m] in the PNG file ``data``, 0 for unknown.

    size: width and height [px] it has to have. unit: one step of its values [m]. Raises
    CameraError for what is no grey PNG of 16 bits, is damaged, too large, or of another size.
    """
    found = _check(data)
    if found != size:
        raise CameraError(f"the PNG is of {_text(found)} px, but was to be of {_text(size)}")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise CameraError(f"the PNG is damaged: {error.err}") from error
    if image is None or image.dtype != np.uint16 or image.shape != (size[1], size[0]):
        raise CameraError(f"the PNG of {len(data)} bytes is damaged")
    depth: DepthPicture = image.astype(np.float32)
    depth *= np.float32(unit)
    return depth


def _check(data: bytes) -> tuple[int, int]:
    """Return width and height [px] of a PNG whose chunks are all whole. Raises CameraError."""
    if len(data) > MOST_BYTES:
        raise CameraError(f"a PNG of {len(data)} bytes, at most {MOST_BYTES} are read")
    if not data.startswith(_SIGNATURE):
        raise CameraError(f"no PNG: it begins with {data[:8].hex(' ') or 'nothing'}")
    head = _chunks(data)
    if head is None or len(head) != _HEAD.size:
        raise CameraError("the PNG is damaged: it has no head")
    width, height, kind = _HEAD.unpack(head)
    if kind != _GREY_16:
        raise CameraError("the PNG is no depth picture: that is grey, of 16 bits, not interlaced")
    if not 0 < width * height <= MOST_PIXELS:
        raise CameraError(f"a PNG of {_text((width, height))} px, at most 2048x2048 are read")
    return width, height


def _chunks(data: bytes) -> bytes | None:
    """Walk to the end: length (4 bytes), name (4), data, checksum (4). Return the head, if first.

    OpenCV returns what it could read of a damaged file, so the checksums are looked at here.
    """
    at, head, name = len(_SIGNATURE), None, b""
    while name != b"IEND":
        if at + _AROUND > len(data):
            raise CameraError(f"a PNG that was cut off after {len(data)} bytes")
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        name, body = data[at + 4 : at + 8], data[at + 8 : end]
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise CameraError(f"the PNG is damaged at byte {at}")
        if at == len(_SIGNATURE) and name == b"IHDR":
            head = body
        at = end + 4
    return head


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
