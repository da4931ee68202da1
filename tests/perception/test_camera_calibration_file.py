import json
from datetime import date, timedelta

import numpy as np
import pytest

from perception.calibration_file import calibration_path, read_calibration, write_calibration
from perception.camera_calibration import CameraCalibration
from perception.errors import CalibrationRefusedError

SHAPES = {"T_tool_camera": (4, 4), "offset": (2,)}


def calibration(**changes):
    values = {"T_tool_camera": np.eye(4), "offset": np.array([0.1, 1e-9])}
    made = {
        "kind": "hand-eye", "camera": "usb", "size": (640, 480), "values": values,
        "parameters": ("x", "y"), "covariance": np.diag([4.0, 9.0]), "residual_px": 0.2,
        "residual_mm": 0.5, "arm": "dofbot",
    }  # fmt: skip
    return CameraCalibration(**{**made, **changes})


def read(path, **changes):
    wanted = {"camera": "usb", "size": (640, 480), "arm": "dofbot", **changes}
    return read_calibration(path, "hand-eye", SHAPES, **wanted)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "deep" / "one.json"
    write_calibration(path, calibration())
    return path


def test_what_was_written_is_read_to_the_last_bit(path, caplog):
    got = read(path)
    np.testing.assert_array_equal(got.values["offset"], [0.1, 1e-9])
    np.testing.assert_array_equal(got.values["T_tool_camera"], np.eye(4))
    assert got.std == {"x": 2.0, "y": 3.0}
    assert (got.day, got.residual_px, got.residual_mm) == (date.today(), 0.2, 0.5)
    assert not caplog.records


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"camera": "wrist"}, "made for the camera 'usb', not for 'wrist'"),
        ({"size": (1280, 720)}, "made for the size 640x480, not for 1280x720"),
        ({"arm": "ur5"}, "made for the arm 'dofbot', not for 'ur5'"),
    ],
)
def test_a_calibration_of_something_else_is_refused_with_the_mend(path, wanted, said):
    with pytest.raises(CalibrationRefusedError, match=said) as refusal:
        read(path, **wanted)
    assert str(path) in str(refusal.value)
    assert "twinarm calibrate hand-eye" in str(refusal.value)


def test_whoever_names_no_camera_reads_any(path):
    assert read(path, camera=None, size=None, arm=None).camera == "usb"


@pytest.mark.parametrize(("days", "told"), [(90, 0), (91, 1), (-1, 0)])
def test_an_old_one_is_told_of(tmp_path, caplog, days, told):
    path = tmp_path / "old.json"
    write_calibration(path, calibration(day=date.today() - timedelta(days)))
    read(path)
    assert [record.getMessage().count("91 days old") for record in caplog.records] == [1] * told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "x"}, "no calibration of a camera"),
        ({"kind": "table"}, "kind 'table', version 1, not 'hand-eye'"),
        ({"version": 2}, "version 2"),
        ({"size": [640, 480.5]}, "not a width and a height"),
        ({"size": 640}, "calibrate anew"),
        ({"camera": None}, "camera None is not a name"),
        ({"date": "soon"}, "soon"),
        ({"residual_px": float("nan")}, "residual_px is nan"),
        ({"residual_mm": "1"}, "residual_mm is '1'"),
        ({"covariance": [[1, 2], [3, 4]]}, "not symmetric"),
        ({"covariance": [[1, 0], [0, -1]]}, "variance is negative"),
        ({"covariance": [[1, 0]]}, r"not an array of \(2, 2\)"),
        ({"values": {"offset": [1, 2]}}, "values must have exactly T_tool_camera, offset"),
        ({"values": {"T_tool_camera": np.eye(4).tolist(), "offset": [1, float("nan")]}}, "offset"),
        ({"values": {"T_tool_camera": np.eye(3).tolist(), "offset": [1, 2]}}, "T_tool_camera"),
        ({"values": {"T_tool_camera": "x", "offset": [1, 2]}}, "calibrate anew"),
        ({"extra": 1}, "exactly format, version"),
    ],
)
def test_a_damaged_file_is_refused_by_what_is_wrong(path, change, said):
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(CalibrationRefusedError, match=said):
        read(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"9" * 5000, b"[" * 100000])
def test_what_is_no_json_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(CalibrationRefusedError, match="calibrate anew"):
        read(path)


def test_a_missing_file_names_the_verb_that_makes_it(tmp_path):
    with pytest.raises(CalibrationRefusedError, match="`twinarm calibrate hand-eye` makes one"):
        read(tmp_path / "none.json")


def test_a_result_that_is_not_finite_is_not_written_over_a_good_one(path):
    before = path.read_bytes()
    with pytest.raises(CalibrationRefusedError, match="covariance"):
        write_calibration(path, calibration(covariance=np.full((2, 2), np.nan)))
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_where_it_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CalibrationRefusedError, match="choose another with --out"):
        write_calibration(tmp_path / "file" / "one.json", calibration())


def test_the_usual_path_names_kind_arm_camera_and_size(monkeypatch, tmp_path):
    monkeypatch.setenv("TWINARM_CALIBRATION", str(tmp_path))
    path = calibration_path("hand-eye", "images:/a b/c", (640, 480), "dofbot")
    assert path == tmp_path / "hand-eye-dofbot-images-a-b-c-640x480.json"
    monkeypatch.delenv("TWINARM_CALIBRATION")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert calibration_path("camera", "0", (8, 6)).parent == tmp_path / ".config" / "twinarm"
