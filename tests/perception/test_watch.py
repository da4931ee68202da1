import time

import cv2
import numpy as np
import pytest
from marker_pictures import CUBE, LENS, at, picture

from perception.errors import CameraError
from perception.locate import Locator
from perception.open_camera import open_camera
from perception.watch import Watch
from robot.errors import ArmError

pytestmark = pytest.mark.real_time

POSE = at(0.04, 0.03, 0.4, 0.5, 0.55, 0.2)


@pytest.fixture
def camera(tmp_path):
    """Return an open camera with four pictures of the cube."""
    for i in range(4):
        cv2.imwrite(str(tmp_path / f"{i}.png"), picture((CUBE, POSE), seed=i))
    with open_camera(f"images:{tmp_path}") as camera:
        yield camera


def ended(watch):
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        try:
            watch.newest()
        except Exception as error:
            return error
        time.sleep(0.01)
    raise AssertionError("it never ended")


def test_what_came_of_the_newest_picture_is_there_until_the_camera_ends(camera):
    seen = []

    def place(stamp):
        seen.append(watch.newest())
        return np.eye(4)

    watch = Watch(camera, Locator(LENS, [CUBE]), place)
    with watch:
        error = ended(watch)
    assert isinstance(error, CameraError)
    assert "at its end" in str(error)
    assert len(seen) == 4
    assert seen[0] is None
    assert [one.frame.number for one in seen[1:]] == [0, 1, 2]
    assert "cube" in seen[-1].look.sightings
    assert 0 < seen[-1].took < 5


def test_pictures_from_an_unknown_place_are_left_out(camera):
    with Watch(camera, Locator(LENS, [CUBE]), lambda stamp: None) as watch:
        ended(watch)
        assert watch._newest is None


def test_an_arm_that_is_gone_ends_the_watch_with_its_own_words(camera):
    def place(stamp):
        raise ArmError("the arm is gone")

    with Watch(camera, Locator(LENS, [CUBE]), place) as watch:
        assert str(ended(watch)) == "the arm is gone"


def test_an_error_that_nobody_foresaw_is_not_kept_from_its_owner(camera):
    def place(stamp):
        return np.zeros((3, 3))

    with Watch(camera, Locator(LENS, [CUBE]), place) as watch:
        assert not isinstance(ended(watch), CameraError)
