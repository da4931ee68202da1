import json
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
from marker_pictures import CUBE, DISTORTION, LENS, MATRIX, SIZE, TAG, at, frame, picture
from true_files import exact_place
from verb_process import Interrupted

from cli.main import main
from cli.sim_camera import SimCamera
from perception.calibration_file import write_calibration
from perception.camera_calibration import CameraCalibration
from perception.intrinsics import PARAMETERS
from perception.rigid import difference, rotation_of, transform
from perception.table_plane import TablePlane, table_calibration
from robot.model import load_arm

pytestmark = pytest.mark.real_time

POSE, CUBE_POSE = at(-0.08, 0.02, 0.42, 0.4, 0.1, 0.2), at(0.04, 0.03, 0.4, 0.5, 0.55, 0.2)
T_BASE_CAMERA = transform(rotation_of(np.array([2.4, 0.2, 0.1])), np.array([0.3, 0.0, 0.4]))


@pytest.fixture
def shots(tmp_path):
    """Return a folder with three pictures, a lens beside it and the camera's place."""
    folder = tmp_path / "shots"
    folder.mkdir()
    for i in range(3):
        shot = frame(picture((TAG, POSE), (CUBE, CUBE_POSE), seed=i)).image
        cv2.imwrite(str(folder / f"{i}.png"), shot)
    values = {"matrix": MATRIX, "distortion": DISTORTION}
    lens = CameraCalibration("camera", "usb", SIZE, values, PARAMETERS, np.eye(9) * 1e-4, 0.2)
    write_calibration(tmp_path / "lens.json", lens)
    return folder


def place(folder, on_arm):
    exact = exact_place(load_arm("dofbot"), "usb", on_arm, T_BASE_CAMERA)
    eye = replace(exact, covariance=np.eye(6) * 1e-6)
    write_calibration(folder.parent / "eye.json", eye.to_calibration())
    return str(folder.parent / "eye.json")


def locate(shots, *args):
    lens = str(shots.parent / "lens.json")
    return main(["locate", "--camera", f"images:{shots}", "--lens", lens, *args])


def test_the_cube_is_told_in_words(shots, capsys):
    assert locate(shots) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "without --hand-eye" in lines[0]
    assert len(lines) == 4
    assert lines[-1].startswith("cube: x   +40.")
    assert "in the camera's frame" in lines[-1]


def test_json_is_one_object_a_picture_and_nothing_else(shots, capsys):
    assert locate(shots, "--target", "cube", "tag:7:30", "--json") == 0
    looks = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(looks) == 3
    assert looks[-1]["frame"] == "camera"
    for name, pose in (("cube", CUBE_POSE), ("tag 7", POSE)):
        target = looks[-1]["targets"][name]
        assert difference(np.array(target["pose"]), pose)[0] < 1e-3
        assert target["position_std"] < 2e-3
        assert not target["lost"]


def test_once_ends_with_the_first_sighting(shots, capsys):
    assert locate(shots, "--once", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_with_hand_eye_poses_are_in_the_base_frame(shots, capsys):
    assert locate(shots, "--once", "--json", "--hand-eye", place(shots, on_arm=False)) == 0
    look = json.loads(capsys.readouterr().out)
    assert look["frame"] == "base"
    pose = np.array(look["targets"]["cube"]["pose"])
    assert difference(pose, T_BASE_CAMERA @ CUBE_POSE)[0] < 1e-3


def test_in_the_base_frame_nothing_is_surer_than_the_cameras_place(shots, capsys):
    for args in ((), ("--hand-eye", place(shots, on_arm=False))):
        assert locate(shots, "--once", "--json", *args) == 0
    in_camera, in_base = (
        json.loads(line)["targets"]["cube"]["position_std"]
        for line in capsys.readouterr().out.splitlines()
    )
    there = np.hypot(1e-3, 1e-3 * np.linalg.norm(CUBE_POSE[:3, 3]))
    assert in_base == pytest.approx(np.hypot(in_camera, there), rel=0.1)


def table(folder, height):
    """Write a table at ``height`` [m] in the base frame; return its file."""
    plane = TablePlane(np.array([height, 0.0, 0.0]), np.eye(3) * 1e-8, 1e-4, 6)
    path = folder.parent / "table.json"
    write_calibration(path, table_calibration(plane, "usb", SIZE, "dofbot"))
    return str(path)


def test_with_a_table_the_height_above_it_is_told(shots, capsys):
    height = (T_BASE_CAMERA @ CUBE_POSE)[2, 3] - 0.015
    args = ("--once", "--hand-eye", place(shots, False), "--table", table(shots, height))
    assert locate(shots, *args) == 0
    above = re.search(r"in the base's frame, (.*) mm above the table", capsys.readouterr().out)
    assert float(above[1]) == pytest.approx(15.0, abs=1.0)
    assert locate(shots, *args, "--json") == 0
    cube = json.loads(capsys.readouterr().out)["targets"]["cube"]
    assert cube["above_table"] == pytest.approx(0.015, abs=1e-3)


def test_a_table_is_nowhere_without_the_cameras_place(shots, capsys):
    assert locate(shots, "--table", table(shots, 0.0)) == 2
    assert "so give --hand-eye as well" in capsys.readouterr().err


def test_a_wrist_camera_needs_its_arm(shots, capsys):
    assert locate(shots, "--hand-eye", place(shots, on_arm=True)) == 2
    assert "--arm tcp://pi:5555" in capsys.readouterr().err


def test_the_image_shows_the_last_picture_with_axes(shots, tmp_path):
    path = tmp_path / "seen.png"
    assert locate(shots, "--image", str(path)) == 0
    drawn = cv2.imread(str(path))
    assert drawn.shape == (480, 640, 3)
    x, y = LENS.project(CUBE_POSE[None, :3, 3])[0].astype(int)
    assert np.ptp(drawn[y - 15 : y + 15, x - 15 : x + 15].astype(int), axis=-1).max() > 100


def test_nothing_seen_is_told_and_is_no_success(shots, capsys):
    assert locate(shots, "--target", "tag:20:30") == 1
    assert "none of the markers 20 is seen, but 1, 2, 4, 7" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--target", "ball"), "none of these: cube"),
        (("--image", "seen.txt"), ".png or .jpg"),
        (("--image", "nowhere/seen.png"), "a folder that exists"),
        (("--hand-eye", "none.json"), "none.json"),
        (("--target", "cube", "tag:4:30"), "two targets have the marker 4"),
    ],
)
def test_a_users_mistake_is_told_plainly(shots, capsys, args, said):
    assert locate(shots, *args) == 2
    assert said in capsys.readouterr().err


def test_a_lens_of_another_size_is_refused(shots, capsys):
    for path in shots.iterdir():
        cv2.imwrite(str(path), cv2.imread(str(path))[:240, :320])
    assert locate(shots) == 2
    assert "640x480" in capsys.readouterr().err


def test_ctrl_c_ends_it_and_keeps_the_picture(tmp_path):
    with SimCamera() as camera:
        size = camera.read().size
    values = {"matrix": MATRIX, "distortion": DISTORTION}
    lens = CameraCalibration("camera", "sim", size, values, PARAMETERS, np.eye(9) * 1e-4, 0.2)
    write_calibration(tmp_path / "lens.json", lens)
    args = ("locate", "--camera", "sim", "--lens", "lens.json", "--json", "--image", "last.png")
    verb = Interrupted(tmp_path, *args)
    first = []
    code, _ = verb.when(lambda: bool(first.append(verb.process.stdout.readline()) or first[-1]))
    assert code == 130
    assert cv2.imread(str(tmp_path / "last.png")) is not None
    assert "no marker of DICT_4X4_50" in json.loads(first[-1])["remarks"][0]
