from dataclasses import replace

import numpy as np
import pytest
from rendered_board import CAMERA, LENS, pose, poses, truth

from perception.board import BOARDS, BoardView
from perception.views import Coverage

A4 = BOARDS["a4"]


def seen(**place):
    """Return the view of a perfect detector: the corners that are inside the picture."""
    pixels = truth(A4, LENS, pose(A4, **place))
    inside = np.all((pixels >= 0) & (pixels < LENS.size), axis=1)
    ids = np.flatnonzero(inside)
    return BoardView(ids, pixels[ids], A4.points[ids], LENS.size, 1.5)


@pytest.fixture
def coverage():
    return Coverage(LENS.size)


def test_at_first_everything_is_missing(coverage):
    assert len(coverage.missing) == 9 + 4 + 1


def test_a_board_in_one_corner_leaves_the_others_missing(coverage):
    coverage.add(seen(x=-0.22, y=-0.17, z=0.8))
    assert "the board at the upper left" not in coverage.missing
    assert "the board at the lower right" in coverage.missing
    assert "the board at the upper right" in coverage.missing


@pytest.mark.parametrize(
    ("turn", "name"),
    [
        ({"yaw": 25}, "to the left"),
        ({"yaw": -25}, "to the right"),
        ({"pitch": -25}, "upwards"),
        ({"pitch": 25}, "downwards"),
    ],
)
@pytest.mark.parametrize("roll", [0, 90, 180])
def test_a_lean_counts_for_the_side_that_the_face_looks_to(coverage, turn, name, roll):
    T_camera_board = pose(A4, roll=roll, **turn)
    towards = -T_camera_board[:3, 2]  # x to the right of the picture, y down
    axis, sign = {
        "to the left": (0, -1), "to the right": (0, 1), "upwards": (1, -1), "downwards": (1, 1),
    }[name]  # fmt: skip
    assert sign * towards[axis] > 0.4
    for shift in (0.0, 0.03):
        coverage.add(seen(roll=roll, x=shift, **turn))
    leans = [words for words in coverage.missing if "turned" in words]
    assert len(leans) == 3
    assert not any(name in words for words in leans)


def test_a_board_that_only_faces_the_camera_does_not_lean(coverage):
    for yaw in (-8, 0, 8):
        coverage.add(seen(yaw=yaw))
    assert sum("turned" in words for words in coverage.missing) == 4


def test_a_near_board_is_asked_for(coverage):
    coverage.add(seen(z=0.9))
    assert any("nearer" in words for words in coverage.missing)
    coverage.add(seen(z=0.36))
    assert not any("nearer" in words for words in coverage.missing)


def test_a_full_round_of_views_leaves_nothing_missing(coverage):
    for seed, T_camera_board in enumerate(poses(A4, 25)):
        view = A4.detect(CAMERA.picture(A4, T_camera_board, seed=seed))
        assert coverage.refusal(view) is None
        coverage.add(view)
    assert coverage.missing == ()


def test_the_same_view_again_is_refused_by_its_number(coverage):
    coverage.add(seen(yaw=30))
    coverage.add(seen(yaw=-30))
    assert "the same as view 2" in coverage.refusal(seen(yaw=-30.5))
    assert coverage.refusal(seen(yaw=-30, x=0.03)) is None


def test_a_blurred_view_is_refused_with_the_mend(coverage):
    assert "hold the board still" in coverage.refusal(replace(seen(), edge=6.0))
    assert coverage.refusal(replace(seen(), edge=float("nan"))) is None


def test_what_is_blurred_is_seen_in_a_rendered_picture(coverage):
    assert coverage.refusal(A4.detect(CAMERA.picture(A4, pose(A4)))) is None
    smeared = A4.detect(CAMERA.picture(A4, pose(A4), motion=6))
    assert "blurred" in coverage.refusal(smeared)


def test_a_view_of_few_corners_is_refused(coverage):
    view = seen()
    few = replace(view, ids=view.ids[:9], pixels=view.pixels[:9], points=view.points[:9])
    assert "only 9 corners" in coverage.refusal(few)


def test_a_picture_of_another_size_is_refused(coverage):
    assert "320x240, those before are 640x480" in coverage.refusal(replace(seen(), size=(320, 240)))
