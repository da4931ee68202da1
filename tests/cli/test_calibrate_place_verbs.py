import json
from math import degrees

import cv2
import numpy as np
import pytest
from verb_process import Interrupted

from cli.board_watch import calibration_target
from cli.judged_cell import JudgedCell
from cli.main import main
from hardware.remote_arm import RemoteArm
from perception.calibration_file import calibration_path, write_calibration
from perception.camera_calibration import CameraCalibration
from perception.camera_place import read_camera_place
from perception.lens_file import SHAPES
from perception.rigid import difference, inverse
from perception.table_plane import read_table
from robot.errors import RobotError
from robot.link_chain import LinkChain
from robot.model import load_arm

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture(autouse=True)
def calibrations(tmp_path, monkeypatch):
    """Keep what is written out of the user's folder."""
    monkeypatch.setenv("TWINARM_CALIBRATION", str(tmp_path / "calibration"))
    return tmp_path / "calibration"


def pictures(folder):
    folder.mkdir()
    cv2.imwrite(str(folder / "1.png"), np.full((480, 640, 3), 90, np.uint8))
    return f"images:{folder}"


def keep_lens(camera, matrix, distortion, size=(640, 480)):
    values = {"matrix": np.asarray(matrix), "distortion": np.asarray(distortion)}
    assert {name: value.shape for name, value in values.items()} == SHAPES
    path = calibration_path("camera", camera, size)
    found = CameraCalibration("camera", camera, size, values, ("fx",), np.eye(1), 0.1)
    write_calibration(path, found)
    return path


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("hand-eye", "--arm", "sim"), "'sim' is no address of a server, like tcp://pi:5555"),
        (("hand-eye", "--arm", NOBODY, "--poses", "3"), "--poses 3: from 8 to 60"),
        (("hand-eye", "--arm", NOBODY, "--board", "a5"), "unknown board 'a5'"),
        (("hand-eye", "--arm", NOBODY, "--model", "dofbit"), "did you mean 'dofbot'?"),
        (("table", "--arm", NOBODY, "--poses", "1"), "--poses 1: from 3 to 30"),
        (("table", "--arm", NOBODY, "--thickness", "80"), "from 0 to 50 mm"),
        (("hand-eye", "--arm", NOBODY), "no calibration at"),
    ],
)
def test_bad_options_are_refused_with_the_mend(args, said, tmp_path, capsys):
    camera = pictures(tmp_path / "shots")
    assert main(["calibrate", *args, "--camera", camera, "--insecure-loopback"]) == 2
    assert said in capsys.readouterr().err


def test_a_camera_that_is_none_is_refused(capsys):
    assert main(["calibrate", "table", "--arm", NOBODY, "--camera", "web"]) == 2
    assert "no camera is written 'web'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("camera", "size", "said"),
    [("other", (640, 480), "'other', not for"), ("shots", (320, 240), "320x240, not for 640x480")],
)
def test_a_lens_of_another_camera_or_size_is_refused(camera, size, said, tmp_path, capsys):
    address = pictures(tmp_path / "shots")
    path = keep_lens(camera, np.diag([540.0, 540.0, 1.0]), np.zeros(5), size)
    args = ["--camera", address, "--arm", NOBODY, "--lens", str(path), "--insecure-loopback"]
    assert main(["calibrate", "hand-eye", *args]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_refused_before_the_arm_moves(tmp_path):
    (tmp_path / "plain").write_text("")
    for path in (tmp_path, tmp_path / "plain" / "x.json"):
        with pytest.raises(RobotError, match="no file can be written there"):
            calibration_target(path, "hand-eye", "cam", (640, 480), "dofbot")
    usual = calibration_target(None, "hand-eye", "cam", (640, 480), "dofbot")
    assert usual == calibration_path("hand-eye", "cam", (640, 480), "dofbot")


@pytest.mark.slow
def test_camera_and_table_of_an_emulated_cell_are_found_by_the_verbs(tmp_path, capsys):
    with JudgedCell(1, options=("--cell-shows", "board")) as cell:
        truth = cell.truth()
        keep_lens("cell-1-wrist", truth["matrix"], truth["distortion"])
        reach = ["--camera", cell.url, "--arm", cell.url, "--insecure-loopback", "--json"]
        assert main(["calibrate", "hand-eye", *reach, "--poses", "8"]) == 0
        told = json.loads(capsys.readouterr().out)
        place = read_camera_place(tmp_path / told["file"], MODEL, "cell-1-wrist", (640, 480))
        with RemoteArm(cell.url):
            angles = np.array(cell.score()["angles"])[: MODEL.n]
            T_base_camera = np.array(cell.truth()["T_base_camera"])
        there = inverse(LinkChain(MODEL, "link4").pose(angles)) @ T_base_camera
        shift, turn = difference(place.T_parent_camera, there)
        assert shift < 3e-3 and degrees(turn) < 0.5
        assert main(["calibrate", "table", *reach, "--poses", "3"]) == 0
        plane = read_table(tmp_path / json.loads(capsys.readouterr().out)["file"], "dofbot")
        middle, normal = (
            np.array(truth["T_base_table"])[:3, 3],
            np.array(truth["T_base_table"])[:3, 2],
        )
        height = middle[2] - normal[:2] @ ((0.22, 0.0) - middle[:2]) / normal[2]
        assert plane.height(0.22, 0.0) == pytest.approx(height, abs=2e-3)


@pytest.mark.slow
def test_ctrl_c_holds_the_arm_and_writes_nothing(tmp_path, calibrations):
    with JudgedCell(2, options=("--cell-shows", "board")) as cell:
        truth = cell.truth()
        keep_lens("cell-2-wrist", truth["matrix"], truth["distortion"])
        before = sorted(calibrations.iterdir())
        watching = RemoteArm(cell.url, observe=True)
        watching.connect()
        reach = ("--camera", cell.url, "--arm", cell.url, "--insecure-loopback")
        going = Interrupted(tmp_path, "calibrate", "hand-eye", *reach)
        code, output = going.when(lambda: abs(watching.state().positions).max() > 0.5)
        assert code == 130 and "Traceback" not in output, output
        assert sorted(calibrations.iterdir()) == before
        watching.disconnect()
