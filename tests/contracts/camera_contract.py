"""What every Camera must pass; subclass ``CameraContract`` or ``LiveContract``."""

import time

import cv2
import numpy as np
import pytest

from perception.camera import Camera, Frame, Picture
from perception.errors import CameraError

SIZE = (64, 48)
_STRIPE = 8  # px


def numbered(number: int, size: tuple[int, int] = SIZE) -> Picture:
    """Return a picture that shows ``number`` in eight stripes of black and white."""
    image: Picture = np.full((size[1], size[0], 3), 128, np.uint8)
    for bit in range(8):
        image[:, bit * _STRIPE : (bit + 1) * _STRIPE] = 255 * (number >> bit & 1)
    return image


def shown(frame: Frame) -> int:
    """Return the number, modulo 256, in a picture of ``numbered``."""
    middles = frame.image[frame.image.shape[0] // 2, _STRIPE // 2 : 8 * _STRIPE : _STRIPE, 1]
    return sum(1 << bit for bit, grey in enumerate(middles) if grey > 127)


def jpeg(number: int, size: tuple[int, int] = SIZE) -> bytes:
    return bytes(cv2.imencode(".jpg", numbered(number, size))[1])


def next_frame(camera: Camera) -> Frame:
    frame = camera.read()
    assert frame is not None
    return frame


class CameraContract:
    """Give a fixture ``camera``: not open, at least five pictures to come."""

    def test_a_camera_that_is_not_open_says_so(self, camera: Camera) -> None:
        with pytest.raises(CameraError):
            camera.read()

    def test_leaving_closes_it_and_closing_twice_is_safe(self, camera: Camera) -> None:
        with camera:
            assert camera.read() is not None
        camera.close()
        with pytest.raises(CameraError):
            camera.read()

    def test_it_has_a_name_once_open(self, camera: Camera) -> None:
        with camera:
            assert camera.name

    def test_pictures_are_whole_and_of_one_size(self, camera: Camera) -> None:
        with camera:
            frames = [next_frame(camera) for _ in range(5)]
        for frame in frames:
            assert frame.image.dtype == np.uint8 and frame.image.flags.c_contiguous
            assert frame.image.shape == (*reversed(frames[0].size), 3)

    def test_numbers_and_stamps_increase(self, camera: Camera) -> None:
        with camera:
            frames = [next_frame(camera) for _ in range(5)]
        assert (np.diff([frame.number for frame in frames]) > 0).all()
        assert (np.diff([frame.stamp for frame in frames]) > 0).all()

    def test_a_picture_kept_is_not_written_over(self, camera: Camera) -> None:
        with camera:
            kept = next_frame(camera)
            before = kept.image.copy()
            for _ in range(3):
                next_frame(camera)
        np.testing.assert_array_equal(kept.image, before)

    def test_it_can_be_opened_anew(self, camera: Camera) -> None:
        for _ in range(2):
            with camera:
                next_frame(camera)


class LiveContract(CameraContract):
    """For cameras that go on without being read."""

    def test_stamps_are_of_this_machines_clock(self, camera: Camera) -> None:
        with camera:
            for _ in range(3):
                frame = next_frame(camera)
                assert 0.0 <= time.monotonic() - frame.stamp < 0.25

    def test_a_slow_reader_gets_the_newest_and_no_backlog(self, camera: Camera) -> None:
        with camera:
            first = next_frame(camera)
            time.sleep(0.6)
            late = next_frame(camera)
            assert time.monotonic() - late.stamp < 0.25, "and not the pause"
            assert late.number > first.number


class RecordingContract(CameraContract):
    """For recordings of the pictures ``numbered(0)`` to ``numbered(9)``."""

    def test_every_picture_comes_in_order_and_then_none(self, camera: Camera) -> None:
        with camera:
            assert [shown(next_frame(camera)) for _ in range(10)] == list(range(10))
            assert camera.read() is None
            assert camera.read() is None

    def test_stamps_are_apart_as_the_pictures_were_taken(self, camera: Camera) -> None:
        with camera:
            stamps = [next_frame(camera).stamp for _ in range(10)]
        np.testing.assert_allclose(np.diff(stamps), 1 / 15.0, atol=1e-6)
