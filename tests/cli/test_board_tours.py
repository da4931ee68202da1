from dataclasses import replace
from math import degrees, radians

import numpy as np
import pytest
from board_scene import BOARD, LENS, MODEL, tripod_rig, watch, wrist_rig

from cli import hand_eye_run
from cli.hand_eye_run import find_fixed_camera, find_wrist_camera, held_board, lying_board
from cli.table_run import find_table
from perception.camera_place import camera_place
from perception.errors import CalibrationRefusedError, CameraError
from perception.hand_eye_model import Rig, Setup
from perception.pose_plan import plan_poses
from perception.rigid import Matrix, difference, moved, transform
from robot.errors import ArmError
from robot.link_chain import mount_of
from robot.model import ArmModel
from robot.viewpoints import Viewpoint

ZERO = radians(0.2) * np.array([0.0, 1.0, -1.0, 0.0, 0.0])
GAIN = 0.003 * np.array([1.0, -1.0, 1.0, -1.0, 1.0])
OFF = np.array([0.006, -0.004, 0.005, 0.05, -0.03, 0.04])


_plans: dict[tuple, list[Viewpoint]] = {}


@pytest.fixture(autouse=True)
def plan_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan a way that was planned before no second time: it is most of what a tour takes here."""

    def plan(model: ArmModel, rig: Rig, setup: Setup, points: Matrix, count: int):
        placed = setup.T_parent_camera.tobytes(), setup.T_other_board.tobytes()
        key = rig.camera_moves, *placed, setup.zero.tobytes(), setup.gain.tobytes(), count
        if key not in _plans:
            _plans[key] = plan_poses(model, rig, setup, points, count)
        return _plans[key]

    monkeypatch.setattr(hand_eye_run, "plan_poses", plan)


def wrist_truth() -> Setup:
    mount, lying = mount_of(MODEL, "camera")[1], lying_board(MODEL, BOARD.points)
    return Setup(moved(mount, OFF), moved(lying, np.array([0, 0, 0, 0, 0, 0.2])), ZERO, GAIN)


def tripod_truth() -> Setup:
    place, target = np.array([0.55, 0.1, 0.3]), np.array([0.22, 0.0, 0.0])
    forward = (target - place) / np.linalg.norm(target - place)
    right = np.cross(forward, (0.0, 0.0, 1.0)) / np.linalg.norm(np.cross(forward, (0.0, 0.0, 1.0)))
    camera = transform(np.column_stack([right, np.cross(forward, right), forward]), place)
    return Setup(camera, moved(held_board(BOARD.points), 0.3 * OFF), ZERO, GAIN)


def test_a_wrist_camera_is_found_by_an_arm_that_plans_its_own_way():
    truth = wrist_truth()
    found = find_wrist_camera(watch(wrist_rig(), truth), 10, quiet=True)
    shift, turn = difference(truth.T_parent_camera, found.setup.T_parent_camera)
    assert shift < 1e-3 and degrees(turn) < 0.25
    assert found.corner_noise < 0.3 and len(found.used) >= 16


def test_a_fixed_camera_is_found_with_the_board_in_the_jaws():
    truth = tripod_truth()
    found = find_fixed_camera(watch(tripod_rig(), truth), 10, quiet=True)
    shift, turn = difference(truth.T_parent_camera, found.setup.T_parent_camera)
    assert shift < 1e-3 and degrees(turn) < 0.2


def test_the_table_is_found_by_a_camera_that_was_found():
    truth = wrist_truth()
    found = find_wrist_camera(watch(wrist_rig(), truth), 8, quiet=True)
    place = camera_place(found, "rendered", LENS.size, MODEL.name, on_arm=True)
    plane = find_table(watch(wrist_rig(), truth), place, 3, 0.0, quiet=True)
    assert abs(plane.height(0.22, 0.0) - MODEL.table_height) < 1.5e-3
    assert plane.lean_degrees < 0.5 and plane.looks >= 6


def test_a_board_that_is_not_there_is_told_with_where_it_belongs():
    with pytest.raises(CalibrationRefusedError, match=r"saw no board from any of 6.*220 mm ahead"):
        find_wrist_camera(watch(wrist_rig(), wrist_truth(), hidden_after=0), 8, quiet=True)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (lambda image: image // 16, "the picture is dark"),
        (lambda image: np.ascontiguousarray(image[:, ::-1]), "the picture is mirrored"),
    ],
)
def test_what_is_wrong_with_the_picture_is_told_where_no_board_is_seen(spoilt, said):
    spoiling = watch(wrist_rig(), wrist_truth())
    read = spoiling.camera.read

    def reading(patience_s=1.0):
        frame = read(patience_s)
        return replace(frame, image=spoilt(frame.image))

    spoiling.camera.read = reading
    with pytest.raises(CalibrationRefusedError, match=f"saw no board.*{said}.*220 mm ahead"):
        find_wrist_camera(spoiling, 8, quiet=True)


def test_a_board_that_goes_out_of_sight_is_told():
    with pytest.raises(CalibrationRefusedError, match=r"the board was seen at \d of 16 looks"):
        find_wrist_camera(watch(wrist_rig(), wrist_truth(), hidden_after=8), 8, quiet=True)


def test_a_board_that_is_moved_during_the_run_is_told():
    with pytest.raises(CalibrationRefusedError, match="moved during the run"):
        find_wrist_camera(watch(wrist_rig(), wrist_truth(), moved_after=9), 8, quiet=True)


def test_pictures_of_another_size_are_refused_before_any_is_used():
    with pytest.raises(CalibrationRefusedError, match="320x240, the lens was calibrated for 640"):
        find_wrist_camera(watch(wrist_rig(), wrist_truth(), size=(320, 240)), 8, quiet=True)


def test_pictures_from_before_the_arm_stood_still_are_never_used():
    with pytest.raises(CameraError, match="old when they come"):
        find_wrist_camera(watch(wrist_rig(), wrist_truth(), late=60.0), 8, quiet=True)
    late = watch(wrist_rig(), wrist_truth(), late=0.4)
    assert late.look(MODEL.home, np.ones(MODEL.n)) is None
    assert late.camera.shown >= 3, "it waited for pictures of the arm at rest"


def test_an_arm_that_stops_in_the_middle_is_told():
    stopping = watch(wrist_rig(), wrist_truth())
    read = stopping.camera.read

    def reading(patience_s=1.0):
        if stopping.camera.shown == 7:
            stopping.pilot.arm.stop()
        return read(patience_s)

    stopping.camera.read = reading
    with pytest.raises(ArmError, match="was stopped"):
        find_wrist_camera(stopping, 8, quiet=True)


def test_a_camera_that_ends_is_told():
    ending = watch(wrist_rig(), wrist_truth())
    ending.camera.read = lambda patience_s=1.0: None
    with pytest.raises(CameraError, match="has ended"):
        find_wrist_camera(ending, 8, quiet=True)
