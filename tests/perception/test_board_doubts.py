from dataclasses import replace

import numpy as np
import pytest
from rendered_board import CAMERA, pose

from perception.board import BOARDS, Board
from perception.board_doubts import why_unseen

A4 = BOARDS["a4"]
PLACE = pose(A4, yaw=20, pitch=15)


def doubt(board, image):
    assert board.detect(image) is None
    return why_unseen(board, image)


@pytest.mark.parametrize("wide", [5, 7, 8, 10])
def test_another_width_of_board_is_counted(wide):
    asked = replace(A4, columns=wide)
    said = doubt(asked, CAMERA.picture(A4, PLACE))
    assert "sees a board 6 squares wide" in said
    assert f"the one named is {wide} wide" in said


def test_a_wider_board_is_counted_though_half_of_it_is_covered():
    printed = replace(A4, columns=7, rows=9)
    image = CAMERA.picture(printed, pose(printed, z=0.5))
    image[280:] = 80
    assert "sees a board 7 squares wide" in doubt(A4, image)


def test_markers_beyond_the_board_are_named():
    image = CAMERA.picture(A4, PLACE)
    said = doubt(replace(A4, columns=3, rows=3), image)
    assert "6 squares wide" in said or "sees marker 23" in said


@pytest.mark.parametrize("dictionary", ["DICT_4X4_50", "DICT_6X6_250", "DICT_APRILTAG_36h11"])
def test_another_dictionary_is_named(dictionary):
    printed = replace(A4, dictionary=dictionary)
    said = doubt(A4, CAMERA.picture(printed, PLACE))
    assert f"sees markers of {dictionary.removesuffix('_50').removesuffix('_250')}" in said
    assert "has DICT_5X5_100" in said


def test_a_mirrored_picture_is_told_from_a_missing_board():
    image = CAMERA.picture(A4, PLACE)
    assert "mirrored" in doubt(A4, np.ascontiguousarray(image[:, ::-1]))
    assert "mirrored" in doubt(A4, np.ascontiguousarray(image[::-1]))
    upside_down = np.ascontiguousarray(image[::-1, ::-1])
    assert A4.detect(upside_down) is not None


def test_a_dark_picture_is_told():
    assert "dark" in doubt(A4, CAMERA.picture(A4, PLACE, light=0.05))


def test_a_saturated_picture_is_told():
    assert "saturated" in doubt(A4, CAMERA.picture(A4, PLACE, light=8.0))


def test_a_board_at_the_edge_of_the_picture_is_asked_into_it():
    image = CAMERA.picture(A4, PLACE)
    image[:, :330] = 110
    image[:300] = 110
    said = doubt(A4, image)
    assert "of the board's 24 markers seen" in said


@pytest.mark.parametrize("change", [{"blur": 3.0}, {"motion": 9}])
def test_a_blurred_picture_is_told(change):
    assert "the picture is blurred" in doubt(A4, CAMERA.picture(A4, PLACE, **change))


def test_a_smooth_wall_is_not_taken_for_a_blurred_board():
    wall = np.tile(np.linspace(60, 200, 640), (480, 1)).astype(np.uint8)
    assert "or there is nothing in it" in doubt(A4, wall)


def test_a_covered_lens_is_told():
    assert "no contrast" in doubt(A4, np.full((480, 640, 3), 120, np.uint8))


def test_a_sharp_picture_without_a_board_is_told_plainly():
    image = np.full((480, 640), 200, np.uint8)
    for x in range(0, 640, 40):
        image[20 + x // 4 : 300, x : x + 20] = 60
    assert "no board in the picture" in doubt(A4, image)


def test_noise_alone_is_no_other_board():
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    assert "no board in the picture" in doubt(Board("DICT_4X4_50", 5, 7, 0.03, 0.02), noise)
