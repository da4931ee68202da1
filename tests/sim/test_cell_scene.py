"""The emulated cell within one process: what was drawn, what weighs, and what is seen."""

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise

import cv2
import numpy as np
import pytest
from cell_props import BOARD, DICTIONARY, TAG, cell_props

from robot.errors import UnknownNameError
from robot.link_chain import mount_of
from robot.model import load_arm
from robot.pose import tool_pose
from robot.task import GraspTask
from sim.cell_scene import CellScene, pose_matrix
from sim.cell_things import STAGES, check_stage
from sim.cell_truth import CellTruth, ColourCamera, draw_cell
from sim.cell_view import CellView
from sim.photo import Picture
from sim.textured_scene import face_corners

MODEL = load_arm("dofbot")
LOOKING_DOWN = (0.0, -0.3, 1.5, 1.4, 0.0)  # [rad] from where the wrist sees the table ahead
ASIDE = (1.5, 0.0, 0.0, 0.0, 0.0)  # [rad] out of the way of the fixed camera
AWAY = (0.05, 0.25)  # [m] where no jaws are


@pytest.fixture(scope="module")
def scene() -> Iterator[CellScene]:
    with CellScene(MODEL, draw_cell(1)) as scene:
        yield scene


def stand(scene: CellScene, positions: tuple[float, ...], crank: float = 0.0) -> None:
    scene.arm.teleport(np.array(positions), MODEL.gripper.opening(crank))
    settle(scene, positions, crank)


def settle(scene: CellScene, positions: tuple[float, ...], crank: float, ticks: int = 20) -> None:
    for _ in range(ticks):
        scene.follow([*positions, crank], 1.0 / 60.0)


def test_the_same_seed_is_the_same_cell_and_no_two_seeds_are() -> None:
    assert draw_cell(7) == draw_cell(7)
    one, other = draw_cell(7), draw_cell(8)
    differing = [
        f.name for f in fields(CellTruth) if getattr(one, f.name) != getattr(other, f.name)
    ]
    assert set(differing) >= {field.name for field in fields(CellTruth)} - {"quality"}


def test_a_truth_is_plain_numbers_by_name() -> None:
    info = draw_cell(3).to_info()
    assert set(info) == {field.name for field in fields(CellTruth)}
    assert all(isinstance(value, int | float) for value in info.values())


def test_the_block_lies_still_on_the_tilted_table(scene: CellScene) -> None:
    for x, y, yaw in [(0.22, 0.0, 0.0), (0.20, -0.05, 0.7), (0.24, 0.05, -0.4)]:
        scene.place_block(x, y, yaw)
        settle(scene, LOOKING_DOWN, 0.0, ticks=60)
        position, _ = scene.block_pose()
        assert np.hypot(position[0] - x, position[1] - y) < 1e-3
        assert abs(scene.height()) < 5e-4
        upright = pose_matrix(scene.block_pose())[:3, 2] @ scene.T_base_table[:3, 2]
        assert upright > np.cos(0.02)


def test_the_arm_comes_to_be_where_its_servos_truly_are(scene: CellScene) -> None:
    scene.place_block(*AWAY)
    goal = (0.3, -0.2, 0.9, 0.7, -0.4)
    settle(scene, goal, 0.4, ticks=60)
    np.testing.assert_allclose(scene.true_angles(), [*goal, 0.4], atol=2e-3)


def test_jaws_are_stopped_by_a_block_between_them_and_by_nothing_else(scene: CellScene) -> None:
    task, (x, y) = GraspTask(MODEL), MODEL.grasp.area_centre
    height = task.grasp_height + scene.truth.table_height
    tool = tool_pose(x, y, height, MODEL.grasp.tilt(x, y, height), jaw_yaw=0.0)
    over_the_block = tuple(MODEL.kinematics.inverse(tool, task.start_command.positions).tolist())
    touching = MODEL.gripper.actuator(scene.truth.block_size)
    scene.place_block(*AWAY)
    stand(scene, over_the_block)
    for crank in np.linspace(0.0, touching + 0.06, 40):
        settle(scene, over_the_block, float(crank), ticks=1)
        assert scene.stopped_crank() is None
    stand(scene, over_the_block)
    scene.place_block(x, y)
    for crank in np.linspace(0.0, touching + 0.06, 40):
        settle(scene, over_the_block, float(crank), ticks=2)
        stopped = scene.stopped_crank()
    assert stopped is not None and touching < stopped < touching + 0.055
    settle(scene, over_the_block, touching - 0.1)
    assert scene.stopped_crank() is None


@pytest.mark.parametrize(("camera", "pose"), [("wrist", LOOKING_DOWN), ("fixed", ASIDE)])
@pytest.mark.parametrize("seed", [1, 2])
def test_markers_are_seen_where_the_true_pose_projects(
    camera: ColourCamera, pose: tuple[float, ...], seed: int
) -> None:
    with CellScene(MODEL, draw_cell(seed)) as scene:
        view = CellView(scene, camera, cell_props())
        stand(scene, pose)
        seen = 0
        for x, y, yaw in [(0.22, 0.0, 0.2), (0.23, 0.03, -0.5), (0.20, -0.03, 1.0)]:
            scene.place_block(x, y, yaw)
            errors = _marker_errors(view, view.picture())
            assert all(error < 1.5 for error in errors)
            seen += bool(errors)
        assert seen == 3


def _marker_errors(view: CellView, image: Picture) -> list[float]:
    """How far the corners of each marker are from where the true pose of the block has them."""
    truth, scene = view.scene.truth, view.scene
    T = np.linalg.inv(view.T_base_camera()) @ pose_matrix(scene.block_pose())
    faces = face_corners(truth.block_size, TAG * truth.print_scale)
    refined = cv2.aruco.DetectorParameters()
    refined.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    found, numbers, _ = cv2.aruco.ArucoDetector(DICTIONARY, refined).detectMarkers(image)
    return [
        float(np.abs(corners[0] - view.rays.project(faces[n] @ T[:3, :3].T + T[:3, 3])).max())
        for corners, n in zip(found, [] if numbers is None else np.ravel(numbers), strict=True)
    ]


@pytest.mark.parametrize("stage", ["board", "waved"])
def test_the_board_is_seen_where_it_is_put(stage: str) -> None:
    with CellScene(MODEL, draw_cell(2)) as scene:
        view = CellView(scene, "fixed", cell_props())
        stand(scene, ASIDE)
        view.stage = check_stage(stage)
        camera = view.T_base_camera()
        T = np.linalg.inv(camera) @ view.board_places.T_base_board(view.stage, camera)
        corners, ids, _, _ = cv2.aruco.CharucoDetector(BOARD).detectBoard(view.picture())
        points = np.asarray(BOARD.getChessboardCorners())[np.ravel(ids)].astype(float)
        expected = view.rays.project(points @ T[:3, :3].T + T[:3, 3])
        assert len(points) >= 6
        assert np.median(np.abs(corners[:, 0] - expected)) < 0.3


def test_a_waved_board_is_held_still_and_then_moved(scene: CellScene) -> None:
    view = CellView(scene, "fixed", cell_props())
    places = []
    for _ in range(80):
        settle(scene, ASIDE, 0.0, ticks=1)
        places.append(view.board_places.T_base_board("waved", np.eye(4)))
    moved = [np.abs(one - other).max() > 1e-9 for one, other in pairwise(places)]
    assert sum(moved) in (1, 2)


def test_a_wrist_camera_is_where_its_link_and_its_hidden_mount_have_it(scene: CellScene) -> None:
    view, parent = CellView(scene, "wrist", cell_props()), mount_of(MODEL, MODEL.camera.link)[0]
    stand(scene, LOOKING_DOWN)
    there = scene.link_pose(parent) @ view.T_parent_camera()
    np.testing.assert_allclose(view.T_base_camera(), there, atol=1e-6)
    off = np.linalg.inv(mount_of(MODEL, MODEL.camera.link)[1]) @ view.T_parent_camera()
    truth = scene.truth
    np.testing.assert_allclose(off[:3, 3], [truth.mount_x, truth.mount_y, truth.mount_z])


def test_an_unknown_stage_is_told_with_the_valid_ones() -> None:
    with pytest.raises(UnknownNameError, match=", ".join(STAGES)):
        check_stage("tabel")
