import numpy as np
import pytest
from camera_contract import numbered
from hypothesis import given
from hypothesis import strategies as st

from perception.errors import CameraError
from perception.jpeg import MOST_BYTES, decode, encode, jpeg_size

IMAGE = numbered(0b10110)
DATA = encode(IMAGE)


def resized(width: int, height: int) -> bytes:
    """Return DATA with another size in its head."""
    at = DATA.index(b"\xff\xc0") + 5
    return DATA[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + DATA[at + 4 :]


def test_a_picture_survives_as_far_as_jpeg_goes() -> None:
    image = decode(DATA, (64, 48))
    assert image.shape == IMAGE.shape and image.dtype == np.uint8
    assert np.abs(image.astype(int) - IMAGE).mean() < 3.0


def test_the_size_is_told_without_decoding() -> None:
    assert jpeg_size(DATA) == (64, 48)


@given(st.integers(1, 120), st.integers(1, 90))
def test_every_size_survives(width: int, height: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    assert decode(encode(image), (width, height)).shape == image.shape


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no JPEG: it begins with nothing"),
        (b"\x89PNG\r\n\x1a\n", "no JPEG: it begins with 89 50 4e 47"),
        (DATA[:-2], "cut off after"),
        (DATA[: len(DATA) // 2], "cut off after"),
        (DATA[:2] + DATA[-2:], "does not tell its size"),
        (DATA[: DATA.index(b"\xff\xda")] + b"\xff\xd9", "damaged"),
        (resized(65535, 65535), "65535x65535 px, at most 4096x4096"),
        (resized(0, 48), "0x48 px"),
        (bytes(MOST_BYTES + 1), "at most 8388608 are read"),
    ],
)
def test_what_is_no_whole_jpeg_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(CameraError, match=said):
        decode(data)


def test_another_size_than_announced_is_refused() -> None:
    with pytest.raises(CameraError, match="of 64x48 px, but was to be of 640x480"):
        decode(DATA, (640, 480))


def test_zeros_after_the_end_are_borne() -> None:
    assert decode(DATA + bytes(50)).shape == IMAGE.shape


@given(st.binary(max_size=300), st.integers(0, len(DATA)))
def test_bytes_of_any_kind_decode_or_are_refused(noise: bytes, at: int) -> None:
    for data in (noise, b"\xff\xd8" + noise + b"\xff\xd9", DATA[:at] + noise + DATA[at:]):
        try:
            image = decode(data)
        except CameraError:
            continue
        assert image.ndim == 3 and image.dtype == np.uint8


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((48, 64), np.uint8),
        np.zeros((48, 64, 4), np.uint8),
        np.zeros((48, 64, 3), np.float32),
        np.zeros((0, 64, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_not_encoded(image: np.ndarray) -> None:
    with pytest.raises(CameraError, match="no picture to encode"):
        encode(image)
