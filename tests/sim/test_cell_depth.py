"""What a cell's depth camera measures, held against the geometry of the cell."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from robot.model import load_arm
from robot.task import GraspTask
from sim.cell_depth import SIZE, UNIT, CellDepth
from sim.cell_scene import CellScene, pose_matrix
from sim.cell_truth import draw_cell

MODEL = load_arm("dofbot")
START = GraspTask(MODEL).start_command.positions
TABLE_AT = (0.25, 0.17)  # [m] x and y where only the table is seen, from the start pose
BLOCK_AT = (0.23, 0.0)  # [m] between the jaws, which are high above it
FLAWLESS = {"depth_noise": 0.0, "depth_dropout": 0.0, "depth_quantum": 0.0}
TILTED = {"table_pitch": 0.05, "table_roll": -0.04, "table_height": 0.002}


def scene_of(**changes: float) -> CellScene:
    scene = CellScene(MODEL, replace(draw_cell(101), **changes))
    scene.arm.teleport(START, MODEL.gripper.max_opening)
    scene.place_block(*BLOCK_AT)
    return scene


@pytest.fixture(scope="module")
def exact() -> Iterator[CellScene]:
    with scene_of(**FLAWLESS, **TILTED) as scene:
        yield scene


def looking(view: CellDepth) -> tuple[np.ndarray, np.ndarray]:
    """Return the eye [3] and the ray [height, width, 3] of each pixel, one metre of depth long."""
    truth = view.truth()
    T, (width, _) = np.array(truth["T_base_camera"]), SIZE
    slope = (2 * (np.arange(width) + 0.5) / width - 1) * np.tan(
        np.radians(truth["fov_degrees"] / 2)
    )
    right, down = np.meshgrid(slope, slope)
    return T[:3, 3], np.stack([right, down, np.ones_like(right)], -1) @ T[:3, :3].T


def plane_depth(eye: np.ndarray, rays: np.ndarray, T_base_plane: np.ndarray) -> np.ndarray:
    """Return the depth [h, w] at which each ray meets the plane z = 0 of ``T_base_plane``."""
    normal = T_base_plane[:3, 2]
    return ((T_base_plane[:3, 3] - eye) @ normal) / (rays @ normal)


def block_top(scene: CellScene) -> np.ndarray:
    T = pose_matrix(scene.block_pose())
    T[:3, 3] += T[:3, 2] * scene.truth.block_size / 2
    return T


def seen_on(scene: CellScene, view: CellDepth, T: np.ndarray, half: float) -> np.ndarray:
    """Return which pixels look at the square of side 2 ``half`` in the middle of ``T``."""
    eye, rays = looking(view)
    points = eye + rays * plane_depth(eye, rays, T)[..., None]
    there = (points - T[:3, 3]) @ T[:3, :3]
    return np.asarray((np.abs(there[..., :2]) < half).all(axis=-1))


def test_the_tilted_table_is_where_it_truly_is(exact: CellScene) -> None:
    view = CellDepth(exact)
    T = pose_matrix(exact.spot(*TABLE_AT))
    pixels = seen_on(exact, view, T, 0.02)
    assert pixels.sum() > 30
    expected = plane_depth(*looking(view), T)
    np.testing.assert_allclose(view.picture()[pixels], expected[pixels], atol=2e-4)
    level = T.copy()
    level[:3, :3] = np.eye(3)
    level[2, 3] = MODEL.table_height
    assert np.abs(plane_depth(*looking(view), level) - expected)[pixels].max() > 2e-3, (
        "or it is blind"
    )


def test_the_block_is_where_it_truly_is(exact: CellScene) -> None:
    view, T = CellDepth(exact), block_top(exact)
    pixels = seen_on(exact, view, T, 0.35 * exact.truth.block_size)
    assert pixels.sum() > 40
    expected = plane_depth(*looking(view), T)
    np.testing.assert_allclose(view.picture()[pixels], expected[pixels], atol=5e-4)


def test_the_mount_and_the_lens_are_those_that_were_drawn() -> None:
    planned: dict[str, float] = dict.fromkeys(
        ("depth_x", "depth_y", "depth_z", "depth_pitch", "depth_yaw", "depth_roll"), 0.0
    )
    with scene_of(**planned) as scene:
        camera = np.array(CellDepth(scene).truth()["T_base_camera"])
        np.testing.assert_allclose(camera, scene.link_pose(MODEL.depth_camera.link), atol=1e-6)
    with scene_of() as scene:
        truth, drawn = CellDepth(scene).truth(), scene.truth
        off = np.linalg.inv(scene.link_pose(MODEL.depth_camera.link)) @ truth["T_base_camera"]
        np.testing.assert_allclose(
            off[:3, 3], [drawn.depth_x, drawn.depth_y, drawn.depth_z], atol=1e-6
        )
        assert 1.0 - off[2, 2] > 1e-5, "turned"
        assert truth["fov_degrees"] == MODEL.depth_camera.fov_degrees + drawn.depth_fov


def test_noise_dropout_and_rounding_are_those_that_were_drawn() -> None:
    faults = {"depth_noise": 0.002, "depth_dropout": 0.05, "depth_quantum": 0.0005}
    with scene_of(**faults) as scene:
        view = CellDepth(scene)
        pictures = np.stack([view.picture() for _ in range(40)])
        pixels = seen_on(scene, view, pose_matrix(scene.spot(*TABLE_AT)), 0.02)
    values = pictures[:, pixels]
    assert (values == 0).mean() == pytest.approx(0.05, abs=0.02)
    steps = values / 0.0005
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-2)
    known = np.where(values > 0, values, np.nan)
    at_range = np.nanstd(known, axis=0) * (0.2 / np.nanmean(known, axis=0)) ** 2
    assert at_range.mean() == pytest.approx(0.002, rel=0.15)


def test_a_file_holds_the_picture(exact: CellScene) -> None:
    view = CellDepth(exact)
    values = cv2.imdecode(np.frombuffer(view.encoded(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert values.dtype == np.uint16 and values.shape == (SIZE[1], SIZE[0])
    np.testing.assert_allclose(values * UNIT, view.picture(), atol=0.51 * UNIT)


def test_draws_for_the_depth_camera_left_every_older_cell_as_it_was() -> None:
    cell = draw_cell(7)
    first, between, last = cell.mount_x, cell.servo_seed, cell.servo_lag
    assert (first, between, last) == (0.0005314877543134162, 645632860, 0.04962834439635856)
