"""JPEG files to pictures and back, strictly: what is damaged is refused, never half shown."""

import cv2
import numpy as np

from perception.camera import Picture
from perception.errors import CameraError

QUALITY = 85
MOST_BYTES = 8 * 2**20
MOST_PIXELS = 2**24
"""4096 by 4096; a head of a few bytes may claim far more than fits into memory."""

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN = 0xDA
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of segments that tell the size (ITU-T T.81, table B.1)."""


def encode(image: Picture, quality: int = QUALITY) -> bytes:
    """Return ``image`` [height, width, 3] uint8, blue, green, red, as a JPEG file.

    Raises CameraError for anything else.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise CameraError(f"no picture to encode: {image.dtype} of shape {image.shape}")
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(data)


def decode(data: bytes, size: tuple[int, int] | None = None) -> Picture:
    """Return the picture [height, width, 3] uint8, blue, green, red, in the JPEG file ``data``.

    size: width and height [px] it has to have. Raises CameraError for what is no JPEG, was cut
    off, is too large, or is of another size. A hint which side is up is not followed: a lens
    belongs to the sensor.
    """
    found = jpeg_size(data)
    if size is not None and found != size:
        raise CameraError(f"the JPEG is of {_text(found)} px, but was to be of {_text(size)}")
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise CameraError(f"the JPEG is damaged: {error.err}") from error
    if image is None:
        raise CameraError(f"the JPEG of {len(data)} bytes is damaged")
    picture: Picture = image
    return picture


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return width and height [px] as the head of ``data`` tells. Raises CameraError as above."""
    if len(data) > MOST_BYTES:
        raise CameraError(f"a JPEG of {len(data)} bytes, at most {MOST_BYTES} are read")
    if not data.startswith(_START):
        raise CameraError(f"no JPEG: it begins with {data[:4].hex(' ') or 'nothing'}")
    if not data.rstrip(b"\0").endswith(_END):  # some cameras fill up with zeros
        raise CameraError(f"a JPEG that was cut off after {len(data)} bytes")
    width, height = _frame_header(data)
    if not 0 < width * height <= MOST_PIXELS:
        raise CameraError(f"a JPEG of {_text((width, height))} px, at most 4096x4096 are read")
    return width, height


def _frame_header(data: bytes) -> tuple[int, int]:
    """Walk from segment to segment: FF, a marker, the length (2 bytes) of what follows."""
    at = len(_START)
    while at + 9 <= len(data) and data[at] == 0xFF and data[at + 1] != _SCAN:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _SIZES:
            height = int.from_bytes(data[at + 5 : at + 7], "big")
            return int.from_bytes(data[at + 7 : at + 9], "big"), height
        at += 1 if marker == 0xFF else 2 + length
    raise CameraError("the JPEG is damaged: its head does not tell its size")


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
