import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest

from benchmarks.waving_astronaut import standing, wall
from perception.camera import Camera, Frame, Picture
from perception.errors import CameraError
from perception.landmarker import Landmarker
from perception.landmarker_watch import PersonWatch, Seen
from perception.recordings import IMAGE_RATE, ImageFolder

pytestmark = pytest.mark.real_time


@pytest.fixture
def landmarker(model_files: dict[str, Path]) -> Iterator[Landmarker]:
    with Landmarker(model_files["pose"]) as opened:
        yield opened


def wait(there: Callable[[], bool], patience: float = 20.0) -> None:
    limit = time.monotonic() + patience
    while not there():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.005)


class Live(Camera):
    """Shows one picture, ten times a second, until it is unplugged."""

    name = "live"

    def __init__(self, picture: Picture) -> None:
        self.picture, self.number, self.plugged = picture, -1, True

    def open(self) -> None:
        """Be open."""

    def close(self) -> None:
        """Stay open."""

    def read(self, patience_s: float = 1.0) -> Frame | None:
        time.sleep(0.1)
        if not self.plugged:
            raise CameraError("the camera live is gone: it was unplugged; plug it in anew")
        self.number += 1
        return Frame(self.picture, time.monotonic(), self.number)


def test_the_newest_person_is_there_at_once(landmarker: Landmarker) -> None:
    with PersonWatch(Live(standing(wall(), 360, 100, 100)), landmarker) as watch:
        assert watch.newest() is None and not watch.ended
        wait(lambda: watch.newest() is not None)
        seen = watch.seen()
        assert seen is not None and seen.person is not None
        assert seen.person.stamp == seen.frame.stamp
        assert 0.0 < seen.took <= seen.age < 10.0
        start = time.monotonic()
        watch.newest()
        assert time.monotonic() - start < 0.05


def test_who_waits_is_woken_by_each_picture(landmarker: Landmarker) -> None:
    with PersonWatch(Live(wall()), landmarker) as watch:
        wait(lambda: watch.seen() is not None)
        numbers = []
        for _ in range(4):
            watch.wait(5.0)
            seen = watch.seen()
            assert seen is not None and time.monotonic() - seen.frame.stamp - seen.age < 0.05
            numbers.append(seen.frame.number)
        assert len(set(numbers)) >= 3
        start = time.monotonic()
        watch.wait(0.01)
        assert time.monotonic() - start < 0.09, "no longer than it is patient"


def test_who_leaves_is_gone_from_the_newest(landmarker: Landmarker) -> None:
    camera = Live(standing(wall(), 360, 100, 100))
    with PersonWatch(camera, landmarker) as watch:
        wait(lambda: watch.newest() is not None)
        camera.picture = wall()
        wait(lambda: watch.newest() is None)


def test_that_a_camera_was_unplugged_is_heard_of(landmarker: Landmarker) -> None:
    camera = Live(wall())
    with PersonWatch(camera, landmarker) as watch:
        camera.plugged = False
        time.sleep(0.3)
        with pytest.raises(CameraError, match="unplugged"):
            watch.newest()


def test_a_recording_is_watched_at_its_own_pace_to_its_end(
    landmarker: Landmarker, tmp_path: Path
) -> None:
    count = 20
    for index in range(count):
        cv2.imwrite(str(tmp_path / f"{index}.png"), wall())
    seen: list[Seen] = []
    with ImageFolder(tmp_path) as camera, PersonWatch(camera, landmarker) as watch:
        start = time.monotonic()
        while not watch.ended:
            assert time.monotonic() - start < 20.0
            newest = watch.seen()
            if newest is not None and (not seen or newest is not seen[-1]):
                seen.append(newest)
            time.sleep(0.002)
        assert time.monotonic() - start > 0.8 * (count - 1) / IMAGE_RATE
        watch.newest()
    assert all(one.age >= one.took for one in seen), "no picture before its time"
    assert all(one.age < 1.0 for one in seen), "what is late is left out"
