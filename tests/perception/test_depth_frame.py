"""Depth pictures out of their files, and as another camera would have taken them."""

import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.depth_frame import DepthFrame, Resampling
from perception.depth_png import MOST_BYTES, decode_depth
from perception.errors import CameraError

UNIT = 1e-4
VALUES = np.random.default_rng(0).integers(0, 2**16, (48, 64), np.uint16)


def png(values: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", values)[1])


DATA = png(VALUES)
HEAD = slice(8, 8 + 4 + 4 + 13 + 4)


def with_head(width: int, height: int, kind: bytes = b"\x10\0\0\0\0") -> bytes:
    """Return DATA with another head, its checksum right."""
    named = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + kind
    head = (13).to_bytes(4, "big") + named + zlib.crc32(named).to_bytes(4, "big")
    return DATA[: HEAD.start] + head + DATA[HEAD.stop :]


def spoilt(at: int) -> bytes:
    return DATA[:at] + bytes((DATA[at] ^ 0x55,)) + DATA[at + 1 :]


@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([1e-6, 1e-4, 1e-3]))
def test_every_distance_of_every_size_survives(width: int, height: int, unit: float) -> None:
    values = np.random.default_rng(width).integers(0, 2**16, (height, width), np.uint16)
    depth = decode_depth(png(values), (width, height), unit)
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, values * unit, rtol=1e-6)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no PNG: it begins with nothing"),
        (b"\xff\xd8\xff\xe0", "no PNG: it begins with ff d8"),
        (DATA[:-1], "damaged|cut off after"),
        (DATA[: len(DATA) // 2], "damaged|cut off after"),
        (DATA[: HEAD.stop], "cut off after"),
        (DATA[: HEAD.start] + DATA[HEAD.stop :], "it has no head"),
        (spoilt(HEAD.start + 12), "damaged at byte 8"),
        (spoilt(len(DATA) // 2), "damaged at byte"),
        (with_head(65535, 65535), "65535x65535 px, at most 2048x2048"),
        (with_head(0, 48), "0x48 px"),
        (with_head(64, 49), "of 64x49 px, but was to be of 64x48"),
        (png((VALUES >> 8).astype(np.uint8)), "no depth picture: that is grey, of 16 bits"),
        (png(np.zeros((48, 64, 3), np.uint16)), "no depth picture"),
        (with_head(64, 48, b"\x10\0\0\0\x01"), "no depth picture"),
        (bytes(MOST_BYTES + 1), "at most 8388608 are read"),
    ],
)
def test_what_is_no_whole_depth_picture_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(CameraError, match=said):
        decode_depth(data, (64, 48), UNIT)


@given(st.binary(max_size=300), st.integers(0, len(DATA)), st.booleans())
def test_no_bytes_put_in_are_measured(noise: bytes, at: int, replace: bool) -> None:
    data = DATA[:at] + noise + DATA[at + replace * len(noise) :]
    try:
        depth = decode_depth(data, (64, 48), UNIT)
    except CameraError:
        return
    np.testing.assert_array_equal(depth, decode_depth(DATA, (64, 48), UNIT))


def test_a_frame_tells_its_width_and_height() -> None:
    assert DepthFrame(np.zeros((48, 64), np.float32), 1.0, 1, UNIT, 82.0).size == (64, 48)


def plane(size: int, fov: float) -> np.ndarray:
    """Return how far right each pixel of a square picture looks, in one metre of depth [m]."""
    slope = (2 * (np.arange(size) + 0.5) / size - 1) * np.tan(np.radians(fov / 2))
    return np.broadcast_to(slope, (size, size)).astype(np.float32)


def test_the_same_field_thrice_as_fine_is_met_in_the_middles() -> None:
    picked = Resampling((96, 96), 82.0, 32, 82.0)(plane(96, 82.0))
    np.testing.assert_allclose(picked, plane(32, 82.0), atol=1e-6)
    rows = Resampling((96, 96), 82.0, 32, 82.0)(plane(96, 82.0).T.copy())
    np.testing.assert_allclose(rows, plane(32, 82.0).T, atol=1e-6)


@given(st.integers(40, 200), st.floats(30.0, 120.0), st.integers(8, 64), st.floats(30.0, 120.0))
def test_what_is_picked_is_what_lies_there_within_half_a_pixel(
    size: int, fov: float, to_size: int, to_fov: float
) -> None:
    picked = Resampling((size, size), fov, to_size, to_fov)(10.0 + plane(size, fov))
    expected = 10.0 + plane(to_size, to_fov)
    half = 1.001 * np.tan(np.radians(fov / 2)) / size + 1e-5
    seen = picked > 0.0
    assert (np.abs(picked - expected)[seen] <= half).all()
    outside = np.abs(expected - 10.0) > np.tan(np.radians(fov / 2)) + half
    assert not seen[outside].any() and not seen[outside.T].any()
    assert to_fov > fov or seen.all()


def test_the_sides_of_a_wide_picture_are_left_out() -> None:
    depth = np.zeros((48, 64), np.float32)
    depth[:, 8:56] = plane(48, 82.0)
    picked = Resampling((64, 48), 82.0, 48, 82.0)(depth)
    np.testing.assert_array_equal(picked, plane(48, 82.0))
