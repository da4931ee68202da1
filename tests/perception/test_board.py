import json

import numpy as np
import pytest
from rendered_board import CAMERA, LENS, pose, poses, truth

from perception.board import BOARDS, Board, named_board
from perception.errors import MarkerError
from robot.errors import UnknownNameError

A4 = BOARDS["a4"]


def test_corners_are_found_where_the_rays_of_a_distorting_lens_meet_them():
    errors = []
    for seed, T_camera_board in enumerate(poses(A4, 6)):
        view = A4.detect(CAMERA.picture(A4, T_camera_board, seed=seed))
        errors.append(view.pixels - truth(A4, LENS, T_camera_board)[view.ids])
        assert view.size == LENS.size
        np.testing.assert_allclose(view.points, A4.points[view.ids])
    errors = np.concatenate(errors)
    assert len(errors) > 150
    assert np.sqrt(np.mean(np.sum(errors**2, axis=1))) < 0.1
    assert np.abs(errors.mean(axis=0)).max() < 0.02


def test_a_half_covered_board_still_names_its_corners_right():
    T_camera_board = pose(A4, yaw=15.0)
    image = CAMERA.picture(A4, T_camera_board)
    image[:, :300] = 90
    view = A4.detect(image)
    assert 6 <= len(view.ids) < A4.corners
    np.testing.assert_allclose(view.pixels, truth(A4, LENS, T_camera_board)[view.ids], atol=0.3)


def test_grey_and_colour_pictures_are_seen_alike():
    image = CAMERA.picture(A4, pose(A4), noise=0.0)
    np.testing.assert_array_equal(A4.detect(image).pixels, A4.detect(image[..., 0]).pixels)


def test_nothing_is_seen_where_no_board_is():
    assert A4.detect(np.full((480, 640, 3), 128, np.uint8)) is None
    assert A4.detect(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)) is None


@pytest.mark.parametrize("change", [{"blur": 1.5}, {"motion": 5}])
def test_blurred_edges_are_measured_wider(change):
    sharp = A4.detect(CAMERA.picture(A4, pose(A4))).edge
    assert 1.0 < sharp < 2.5
    assert A4.detect(CAMERA.picture(A4, pose(A4), **change)).edge > sharp + 1.2


def test_the_texture_has_its_squares_and_its_markers_where_its_points_say():
    texture = A4.texture(40)
    assert texture.shape == (320, 240)
    view = A4.detect(np.pad(texture, 40, constant_values=255))
    np.testing.assert_allclose(
        view.pixels, 40 + A4.points[view.ids, :2] / A4.square * 40 - 0.5, atol=0.1
    )


def test_a_board_printed_small_keeps_its_shape():
    small = A4.measured(0.0291)
    assert small.points.max() == pytest.approx(0.97 * A4.points.max())
    assert small.marker / small.square == pytest.approx(A4.marker / A4.square)
    image = CAMERA.picture(A4, pose(A4))
    np.testing.assert_array_equal(small.detect(image).pixels, A4.detect(image).pixels)


def test_the_measured_square_replaces_the_drawn_one():
    assert named_board("a4", 29.1) == A4.measured(0.0291)
    assert named_board("a4") == A4
    for wrong in (2.91, 0.0291, 291.0, float("nan"), -30.0):
        with pytest.raises(MarkerError, match="30 mm are drawn: measure one"):
            named_board("a4", wrong)


def test_a_board_of_ones_own_is_read_from_its_file(tmp_path):
    own = Board("DICT_4X4_50", 5, 7, 0.04, 0.03)
    path = tmp_path / "own.json"
    path.write_text(json.dumps(own.to_json()))
    assert named_board(str(path)) == own


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": 5.5}, "columns is 5.5"),
        ({"rows": True}, "rows is True"),
        ({"square": float("nan")}, "1 to 1000 mm"),
        ({"square": 30}, "1 to 1000 mm"),
        ({"marker": 0.03}, "white margin"),
        ({"columns": 2}, "3 to 40"),
        ({"columns": 20, "rows": 20}, "need 200 markers; DICT_5X5_100 has 100"),
        ({"extra": 1}, "exactly dictionary, columns"),
    ],
)
def test_an_impossible_board_is_refused(tmp_path, change, said):
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**A4.to_json(), **change}))
    with pytest.raises(MarkerError, match=said):
        named_board(str(path))


def test_unknown_names_list_the_valid_ones(tmp_path):
    with pytest.raises(UnknownNameError, match="a4"):
        named_board("a5")
    with pytest.raises(UnknownNameError, match="did you mean 'DICT_5X5_100'"):
        Board("DICT_5X5_10", 6, 8, 0.03, 0.02)
    with pytest.raises(MarkerError, match=r"none.json: cannot be read"):
        named_board(str(tmp_path / "none.json"))
