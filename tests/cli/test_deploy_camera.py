import csv
import json
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import cv2
import numpy as np
import pytest
from camera_server import TestCamera, camera_server
from marker_pictures import CUBE, DISTORTION, MATRIX, SIZE, picture
from true_files import exact_place, write_true_files

from cli.judged_cell import JudgedCell
from cli.main import main
from hardware.remote_arm import RemoteArm
from perception.calibration_file import write_calibration
from perception.camera_calibration import CameraCalibration
from perception.intrinsics import PARAMETERS
from perception.rigid import inverse, rotation_of, transform
from robot.model import load_arm

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
WRIST, FIXED = 140, 141


@pytest.fixture
def deploy(tmp_path, capsys, monkeypatch):
    """Deploy by the verb without keys and return its figures."""
    monkeypatch.chdir(tmp_path)

    def run(url, *files):
        args = ["--arm", url, "--camera", url, "--insecure-loopback", "--json", "--out", "out"]
        assert main(["deploy", "dofbot-state", *args, *files]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def apart(arm):
    """Return how far an arm is from the pose from which it looks [rad]."""
    return np.abs(arm.state().positions - MODEL.grasp.look).max()


def until(true):
    limit = monotonic() + 30
    while not true():
        assert monotonic() < limit, "it never came to that"
        sleep(0.02)


def phases(folder=Path("out")):
    with (folder / "moments.csv").open() as file:
        return [row["phase"] for row in csv.DictReader(file)]


T_BASE_CAMERA = transform(rotation_of(np.array([0.0, np.pi, 0.0])), np.array([0.22, 0.0, 0.4]))
"""Of a camera straight above the spawn area."""


def lying(x, y, yaw=0.0):
    """Return ``T_camera_target`` of a cube on the table there."""
    height = MODEL.table_height + CUBE.size / 2
    T_base_cube = transform(rotation_of(np.array([0.0, 0.0, yaw])), np.array([x, y, height]))
    return inverse(T_BASE_CAMERA) @ T_base_cube


class Painted(TestCamera):
    """Shows cubes where they are said to lie, as a camera above the table would see them."""

    name = "above"

    def __init__(self, *poses):
        super().__init__()
        self.size = SIZE
        _, data = cv2.imencode(".jpg", picture(*((CUBE, pose) for pose in poses)))
        self.jpeg = data.tobytes()

    def _picture(self, number):
        return self.jpeg


@pytest.fixture
def files(tmp_path):
    """Return the options that name lens and place of a camera above the table."""
    values = {"matrix": MATRIX, "distortion": DISTORTION}
    lens = CameraCalibration("camera", "above", SIZE, values, PARAMETERS, np.eye(9) * 1e-6, 0.1)
    write_calibration(tmp_path / "lens.json", lens)
    place = exact_place(MODEL, "above", False, T_BASE_CAMERA)
    write_calibration(tmp_path / "hand-eye.json", place.to_calibration())
    return "--lens", str(tmp_path / "lens.json"), "--hand-eye", str(tmp_path / "hand-eye.json")


@pytest.mark.slow
def test_of_two_blocks_none_is_grasped(deploy, files):
    with Painted(lying(0.21, -0.03), lying(0.23, 0.03)) as camera, camera_server(camera) as url:
        figures = deploy(url, *files)
    [outcome] = figures["outcomes"]
    assert "is seen 2 times; which block is meant cannot be told" in outcome["why"]
    assert set(phases()) == {"look"}


@pytest.mark.slow
def test_a_camera_that_stands_still_ends_the_grasp_and_then_the_run(deploy, files, capsys):
    with Painted(lying(0.21, 0.0)) as camera, camera_server(camera) as url:

        def stop_camera():
            with RemoteArm(url, observe=True) as arm:
                until(lambda: apart(arm) < 0.05)
                until(lambda: apart(arm) > 0.3)
            camera.going.clear()

        pest = Thread(target=stop_camera)
        pest.start()
        args = ["--arm", url, "--camera", url, "--insecure-loopback", "--out", "out"]
        assert main(["deploy", "dofbot-state", *args, *files, "--episodes", "2"]) == 2
        pest.join()
        said = capsys.readouterr().err
        assert "not grasped: cube: no picture for 0." in said
        assert "no picture from above" in said
        with RemoteArm(url, observe=True) as arm:
            here = arm.state().positions
            sleep(0.5)
            assert np.abs(arm.state().positions - here).max() < 0.03
    assert "close" not in phases()


@pytest.mark.slow
def test_the_wrist_camera_finds_the_block_and_the_jaws_hold_it(deploy, tmp_path):
    with JudgedCell(WRIST, camera="wrist") as cell:
        cell.place_block(0.205, 0.03, 0.15)
        files = write_true_files(cell, MODEL, WRIST, "wrist", tmp_path)
        figures = deploy(cell.url, *files, "--mirror")
        laid = cell.score()
    assert figures["successes"] == 1
    assert laid["height"] < 0.005, "the arm lays back what it lifted"
    assert laid["block_position"][:2] == pytest.approx((0.205, 0.03), abs=0.02)
    assert figures["outcomes"] == [{"success": True, "why": ""}]
    assert figures["divergence"]["tool_rms"] < 0.02
    assert set(phases()) == {"look", "start", "policy", "close", "lift", "hold", "back"}


@pytest.mark.slow
def test_a_block_that_is_taken_away_is_not_grasped_at(deploy, tmp_path):
    with JudgedCell(FIXED, camera="fixed") as cell:
        files = write_true_files(cell, MODEL, FIXED, "fixed", tmp_path)

        def take_away():
            with RemoteArm(cell.url, observe=True) as arm:
                until(lambda: apart(arm) < 0.05)
                until(lambda: apart(arm) > 0.3)
            sleep(2.0)
            cell.place_block(0.22, 0.6)

        thief = Thread(target=take_away)
        thief.start()
        figures = deploy(cell.url, *files)
        thief.join()
    [outcome] = figures["outcomes"]
    assert not outcome["success"]
    assert "lost sight of it" in outcome["why"] or "out of reach" in outcome["why"]
    assert "close" not in phases()
    assert phases()[-1] == "back"


@pytest.mark.slow
def test_what_is_out_of_reach_or_not_there_is_told_and_the_arm_stays_away(deploy, tmp_path):
    with JudgedCell(FIXED, camera="fixed") as cell:
        files = write_true_files(cell, MODEL, FIXED, "fixed", tmp_path)
        cell.place_block(0.22, 0.08)
        far = deploy(cell.url, *files)
        assert (
            "is out of reach; the policy grasps from -0.050 to 0.050 m" in far["outcomes"][0]["why"]
        )
        assert set(phases()) == {"look"}
        cell.place_block(0.22, 0.9)
        gone = deploy(cell.url, *files)
        assert "cube: not seen in 3 s" in gone["outcomes"][0]["why"]
        assert set(phases()) == {"look"}
