import json
from dataclasses import replace
from math import radians

import numpy as np
import pytest
from hand_eye_sets import LENS, MODEL, POINTS, WRIST, lying, plan, wrist_set

from perception.calibration_file import write_calibration
from perception.camera_place import camera_place, read_camera_place
from perception.errors import CalibrationRefusedError
from perception.hand_eye import calibrate_hand_eye
from perception.hand_eye_start import board_pose
from perception.rigid import inverse, moved
from perception.table_plane import (
    plane_of_looks,
    plane_of_points,
    read_table,
    table_calibration,
)
from robot.link_chain import LinkChain, mount_of

CERTAIN = np.zeros((6, 6))
_, SEEN = wrist_set(0)


def looks(T_base_board, noise=0.0, count=8):
    """Return cameras and boards as seen from planned poses, each look a bit off."""
    random = np.random.default_rng(1)
    parent, mount = mount_of(MODEL, "camera")
    chain = LinkChain(MODEL, parent)
    cameras = [chain.pose(point.pose) @ mount for point in plan()[:count]]
    off = [moved(camera, random.normal(0.0, noise, 6)) for camera in cameras]
    return cameras, [inverse(camera) @ T_base_board for camera in off]


def test_a_level_board_is_the_table_less_its_thickness():
    plane = plane_of_looks(*looks(lying(0.24, 0.0, 0.3, z=-0.010)), POINTS, CERTAIN, 0.003)
    assert plane.height(0.24, 0.0) == pytest.approx(-0.013, abs=1e-6)
    assert plane.lean_degrees < 1e-4 and plane.residual < 1e-6


def test_a_table_that_leans_is_found_leaning():
    leaning = moved(lying(0.24, 0.0), np.array([0, 0, 0, radians(0.5), radians(-0.8), 0.0]))
    plane = plane_of_looks(*looks(leaning), POINTS, CERTAIN)
    assert plane.lean_degrees == pytest.approx(np.degrees(np.hypot(radians(0.5), radians(0.8))), abs=0.02)  # noqa: E501  # fmt: skip
    rise = plane.height(0.25, 0.0) - plane.height(0.24, 0.0)
    assert rise == pytest.approx(0.01 * radians(0.8), rel=0.02)


def test_errors_are_no_larger_than_the_covariance_says():
    noise = np.array([0.001, 0.001, 0.001, 0.002, 0.002, 0.002])
    plane = plane_of_looks(*looks(lying(0.24, 0.0), noise, 16), POINTS, CERTAIN)
    error = abs(plane.height(0.24, 0.0) - MODEL.table_height)
    assert error < 3.0 * plane.std(0.24, 0.0) < 0.002
    assert 0.0003 < plane.residual < 0.003
    wide = plane_of_looks(*looks(lying(0.24, 0.0), noise, 16), POINTS, np.eye(6) * 1e-6)
    assert wide.std(0.24, 0.0) > plane.std(0.24, 0.0) + 0.0003


def test_a_look_at_a_board_that_was_lifted_is_left_out():
    cameras, boards = looks(lying(0.24, 0.0))
    boards[3] = inverse(cameras[3]) @ lying(0.24, 0.0, z=0.02)
    plane = plane_of_looks(cameras, boards, POINTS, CERTAIN)
    assert plane.rejected == (3,)
    assert plane.height(0.24, 0.0) == pytest.approx(MODEL.table_height, abs=1e-5)


def test_a_board_that_does_not_lie_is_refused():
    upright = moved(lying(0.24, 0.0), np.array([0, 0, 0, radians(20), 0, 0.0]))
    with pytest.raises(CalibrationRefusedError, match="leans by 20 deg"):
        plane_of_looks(*looks(upright), POINTS, CERTAIN)


def test_a_board_that_was_printed_in_another_size_is_refused():
    noise = np.array([0.001, 0.001, 0.001, 0.002, 0.002, 0.002])
    cameras, boards = looks(lying(0.24, 0.0), noise, 12)
    for board in boards:
        board[:3, 3] /= 0.97
    with pytest.raises(CalibrationRefusedError, match=r"9[678]% of the size.*--square-mm"):
        plane_of_looks(cameras, boards, POINTS / 0.97, CERTAIN)


def test_a_camera_that_does_not_move_says_nothing_of_the_boards_size():
    cameras, boards = looks(lying(0.24, 0.0), count=1)
    plane = plane_of_looks(cameras * 4, boards * 4, POINTS, CERTAIN)
    assert plane.height(0.24, 0.0) == pytest.approx(MODEL.table_height, abs=1e-6)


def test_looks_that_all_differ_are_refused():
    cameras, _ = looks(lying(0.24, 0.0), count=4)
    boards = [
        inverse(camera) @ lying(0.24, 0.0, z=height)
        for camera, height in zip(cameras, (0.0, 0.03, 0.06, 0.2), strict=True)
    ]
    with pytest.raises(CalibrationRefusedError, match=r"[02] of 4 looks"):
        plane_of_looks(cameras, boards, POINTS, CERTAIN)


def test_a_plane_goes_through_tags():
    places = np.array([[0.2, -0.1, 0.0], [0.3, 0.1, 0.001], [0.15, 0.1, 0.0], [0.3, -0.1, 0.0005]])
    plane = plane_of_points(places, 0.001, 0.0002)
    assert plane.height(0.24, 0.0) == pytest.approx(0.0002, abs=3e-4)
    assert 0.0003 < plane.std(0.24, 0.0) < 0.001
    exact = plane_of_points(places[:3], 0.001)
    assert exact.residual < 1e-12 and exact.std(0.24, 0.0) > 0.0


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (np.zeros((2, 3)), "2 tags: a plane takes 3"),
        (np.array([[0.1, 0, 0], [0.2, 0, 0], [0.3, 0.001, 0]]), "in a line"),
        (np.array([[0.1, 0, 0], [0.2, 0.1, 0.05], [0.3, 0, 0.0]]), "leans by"),
    ],
)
def test_tags_that_tell_no_table_are_refused(places, said):
    with pytest.raises(CalibrationRefusedError, match=said):
        plane_of_points(places, 0.001)


def test_table_and_camera_are_the_same_from_their_files(place, tmp_path):
    seen, found = SEEN, place
    write_calibration(tmp_path / "place.json", found.to_calibration())
    read = read_camera_place(tmp_path / "place.json", MODEL, "cam", LENS.size)
    pose = seen[0].measured
    assert np.array_equal(read.T_base_camera(MODEL, pose), found.T_base_camera(MODEL, pose))
    assert np.array_equal(read.covariance, found.covariance) and read.on_arm
    cameras = [read.T_base_camera(MODEL, view.measured, view.side) for view in seen]
    boards = [board_pose(view, LENS)[0] for view in seen]
    plane = plane_of_looks(cameras, boards, POINTS, read.covariance_in_base(MODEL, pose))
    assert plane.height(0.24, 0.0) == pytest.approx(MODEL.table_height, abs=0.002)
    unsided = [read.T_base_camera(MODEL, view.measured) for view in seen]
    assert plane.residual < 0.7 * plane_of_looks(unsided, boards, POINTS, CERTAIN).residual
    assert abs(plane.height(0.24, 0.0) - MODEL.table_height) < 4.0 * plane.std(0.24, 0.0)
    write_calibration(
        tmp_path / "table.json", table_calibration(plane, "cam", (640, 480), "dofbot")
    )
    again = read_table(tmp_path / "table.json", "dofbot")
    assert np.array_equal(again.values, plane.values) and again.looks == plane.looks


@pytest.fixture(scope="module")
def place():
    return camera_place(calibrate_hand_eye(WRIST, SEEN), "cam", LENS.size, MODEL.name, on_arm=True)


def test_what_a_camera_sees_is_off_as_far_as_its_place_may_be(place):
    random, pose = np.random.default_rng(0), SEEN[0].measured
    T_camera_target = inverse(place.T_base_camera(MODEL, pose)) @ lying(0.25, 0.05)
    target = lying(0.25, 0.05)[:3, 3]
    spread = np.linalg.cholesky(place.covariance)
    steps = [spread @ random.normal(size=6) for _ in range(2000)]
    others = [replace(place, T_parent_camera=moved(place.T_parent_camera, step)) for step in steps]
    seen = [(one.T_base_camera(MODEL, pose) @ T_camera_target)[:3, 3] for one in others]
    expected = place.covariance_of(MODEL, pose, target)[:3, :3]
    assert np.allclose(np.cov(np.array(seen).T), expected, atol=0.1 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"camera": "other"}, "made for the camera 'other', not for 'cam'"),
        ({"size": [320, 240]}, "320x240"),
        ({"arm": "ur5"}, "made for the arm 'ur5', not for 'dofbot'"),
        ({"residual_mm": None}, "no whole place"),
        ({"parameters": list("abcdef")}, "no whole place"),
    ],
)
def test_a_place_of_another_camera_size_or_arm_is_refused(place, tmp_path, change, said):
    path = tmp_path / "place.json"
    write_calibration(path, place.to_calibration())
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(CalibrationRefusedError, match=said):
        read_camera_place(path, MODEL, "cam", LENS.size)


def test_a_place_that_is_no_rigid_transform_is_refused(place, tmp_path):
    path = tmp_path / "place.json"
    write_calibration(path, place.to_calibration())
    data = json.loads(path.read_text())
    data["values"]["T_parent_camera"][0][0] += 0.1
    path.write_text(json.dumps(data))
    with pytest.raises(CalibrationRefusedError, match="no whole place"):
        read_camera_place(path, MODEL)
