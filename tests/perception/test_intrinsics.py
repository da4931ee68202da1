import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from rendered_board import CAMERA, LENS, pose, poses, truth

from perception.board import BOARDS, BoardView
from perception.errors import CalibrationRefusedError
from perception.intrinsics import calibrate
from perception.lens import Lens
from perception.lens_file import read_lens, write_lens

A4 = BOARDS["a4"]
TRUE = np.array([612.0, 608.0, 331.5, 234.2, *LENS.distortion])
WIDE = Lens(
    np.array([[265.0, 0.0, 322.0], [0.0, 264.0, 243.0], [0.0, 0.0, 1.0]]),
    np.array([-0.18, 0.022, 0.0, 0.001, 0.0]),
    (640, 480),
)


def parameters(lens):
    k = lens.matrix
    return np.array([k[0, 0], k[1, 1], k[0, 2], k[1, 2], *lens.distortion])


def exact_view(T_camera_board, noise=0.0, seed=0, lens=LENS):
    """Return what a perfect detector sees."""
    pixels = truth(A4, lens, T_camera_board)
    pixels = pixels + np.random.default_rng(seed).normal(0.0, noise, pixels.shape)
    return BoardView(np.arange(A4.corners), pixels, A4.points, lens.size, 1.5)


def exact_views(count=25, noise=0.0, seed=0):
    return [exact_view(T, noise, 1000 * seed + i) for i, T in enumerate(poses(A4, count, seed))]


@pytest.fixture(scope="module")
def rendered():
    views = [
        A4.detect(CAMERA.picture(A4, T_camera_board, seed=seed))
        for seed, T_camera_board in enumerate(poses(A4, 25))
    ]
    return [view for view in views if view is not None]


def test_a_distorting_lens_is_found_from_25_rendered_views(rendered):
    result = calibrate(rendered, LENS.size)
    found = parameters(result.lens)
    assert np.abs(found[:2] / TRUE[:2] - 1.0).max() < 0.002
    assert result.rms < 0.15
    assert np.abs((found - TRUE) / result.std).max() < 4.0
    assert not result.rejected


def test_a_wide_lens_is_found_as_well():
    views = [
        exact_view(T_camera_board, 0.05, seed, WIDE)
        for seed, T_camera_board in enumerate(
            pose(A4, x=x, y=y, z=0.18, yaw=yaw, pitch=pitch)
            for x in (-0.1, 0.0, 0.1)
            for y, yaw, pitch in ((-0.06, 30, 5), (0.0, -30, 25), (0.06, 5, -30))
        )
    ]
    found = parameters(calibrate(views, WIDE.size).lens)
    assert np.abs(found[:2] / [265.0, 264.0] - 1.0).max() < 0.005


def test_what_is_said_of_the_error_is_what_the_error_is():
    errors = []
    for seed in range(40):
        result = calibrate(exact_views(12, 0.1, seed), LENS.size)
        errors.append((parameters(result.lens) - TRUE) / result.std)
    spread = np.sqrt(np.mean(np.square(errors), axis=0))
    assert np.all((spread > 0.7) & (spread < 1.35)), spread


def test_the_covariance_is_that_of_opencv_along_its_diagonal():
    views = exact_views(12, 0.1)
    points = [view.points.astype(np.float32) for view in views]
    pixels = [view.pixels.astype(np.float32) for view in views]
    *_, deviations, _, _ = cv2.calibrateCameraExtended(points, pixels, LENS.size, None, None)
    result = calibrate(views, LENS.size)
    np.testing.assert_allclose(result.std, deviations.ravel()[:9], rtol=0.02)
    assert np.linalg.eigvalsh(result.covariance).min() > -1e-12


def test_a_view_that_contradicts_the_others_is_left_out_and_named():
    views = exact_views(12, 0.05)
    bent = views[4].pixels + np.random.default_rng(9).normal(0.0, 3.0, views[4].pixels.shape)
    result = calibrate([*views[:4], replace(views[4], pixels=bent), *views[5:]], LENS.size)
    assert list(result.rejected) == [4]
    assert "the board moved or bent" in result.rejected[4]
    assert sorted(result.view_rms) == [0, 1, 2, 3, *range(5, 12)]
    assert np.abs(parameters(result.lens)[:2] / TRUE[:2] - 1.0).max() < 0.002


def test_single_corners_that_were_mistaken_are_left_out():
    views = exact_views(12, 0.05)
    for view in views[::3]:
        view.pixels[5] += 1.5
    result = calibrate(views, LENS.size)
    assert 4 <= result.dropped <= 10
    assert not result.rejected
    assert result.rms < 0.08
    assert np.abs((parameters(result.lens) - TRUE) / result.std).max() < 4.0


def test_too_few_views_are_refused():
    with pytest.raises(CalibrationRefusedError, match="7 usable views: at least 8"):
        calibrate(exact_views(7), LENS.size)


def test_no_views_are_refused():
    with pytest.raises(CalibrationRefusedError, match="0 usable views"):
        calibrate([], LENS.size)


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_views_that_all_face_the_camera_are_refused_for_what_they_leave_open(spread):
    views = [
        exact_view(pose(A4, x=0.002 * i, yaw=spread * i / 10, z=0.4), 0.1, i) for i in range(12)
    ]
    with pytest.raises(CalibrationRefusedError, match="too alike") as refusal:
        calibrate(views, LENS.size)
    assert "lean the board" in str(refusal.value)


def test_pictures_of_another_size_are_refused_by_number():
    views = exact_views(9)
    views[2] = replace(views[2], size=(320, 240))
    with pytest.raises(CalibrationRefusedError, match="view 3 is of a picture of 320x240"):
        calibrate(views, LENS.size)


def test_a_board_that_is_bent_in_all_views_is_refused():
    views = exact_views(12)
    rng = np.random.default_rng(3)
    views = [replace(one, pixels=one.pixels + rng.normal(0, 2, one.pixels.shape)) for one in views]
    with pytest.raises(CalibrationRefusedError, match="something flat"):
        calibrate(views, LENS.size)


def test_a_lens_is_kept_in_its_file(tmp_path):
    result = calibrate(exact_views(12, 0.05), LENS.size)
    path = tmp_path / "lens.json"
    write_lens(path, result, "usb")
    lens = read_lens(path, camera="usb", size=LENS.size)
    np.testing.assert_array_equal(parameters(lens), parameters(result.lens))
    with pytest.raises(CalibrationRefusedError, match="made for the camera 'usb', not for 'x'"):
        read_lens(path, camera="x", size=LENS.size)
    with pytest.raises(CalibrationRefusedError, match="640x480, not for 320x240"):
        read_lens(path, camera="usb", size=(320, 240))


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (0, 0, -600.0, "that of no lens"),
        (1, 1, 0.0, "that of no lens"),
        (2, 2, 2.0, "that of no lens"),
        (0, 1, 5.0, "that of no lens"),
        (0, 2, float("nan"), "finite numbers"),
    ],
)
def test_a_lens_file_edited_into_nonsense_is_refused(tmp_path, row, column, value, said):
    path = tmp_path / "lens.json"
    write_lens(path, calibrate(exact_views(9, 0.05), LENS.size), "usb")
    data = json.loads(path.read_text())
    data["values"]["matrix"][row][column] = value
    path.write_text(json.dumps(data))
    with pytest.raises(CalibrationRefusedError, match=said):
        read_lens(path, camera="usb", size=LENS.size)
