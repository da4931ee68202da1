"""What the depth camera tells, held against the geometry of the scene it looks at."""

from collections.abc import Iterator
from math import radians
from typing import Any

import numpy as np
import pytest
from grasp_rollouts import PLACES

from robot.errors import RobotError
from robot.model import load_arm
from sim.camera import DepthCamera, Lens, Misalignment
from sim.grasp_scene import GraspScene
from sim.render import picture

MODEL = load_arm("dofbot")
TABLE, EDGE = MODEL.table_height, 0.03  # [m]
TOLERANCE = 0.001  # [m]
REACH = 0.28  # [m] up to where the table surely goes on
POSES = (  # [rad] of five joints, from which the camera looks down at the table ahead
    (0.0, -0.3, 1.5, 1.4, 0.0),
    (0.25, -0.1, 1.4, 1.3, 0.0),
    (-0.2, 0.1, 1.3, 1.2, 0.3),
    (0.1, -0.5, 1.5, 1.5, -0.4),
)
FAR_AWAY = -0.3, 0.3  # [m] where no camera sees a block
NOTHING = 2.0  # [m] what a pixel reads that sees nothing


@pytest.fixture(scope="module")
def scene() -> Iterator[GraspScene]:
    with GraspScene(MODEL) as scene:
        yield scene


def mounted(scene: GraspScene, size: int = 32, fov: float = 82.0, **window: Any) -> DepthCamera:
    arm, lens = scene.arm, Lens(size, fov, **window)
    return DepthCamera(scene.world, arm.body, arm.link_index("camera"), lens)


def stand(scene: GraspScene, pose: tuple[float, ...] = POSES[0]) -> None:
    scene.arm.teleport(np.array(pose), MODEL.gripper.max_opening)


def hide_block(scene: GraspScene) -> None:
    scene.place_block(*FAR_AWAY)


def rays(camera: DepthCamera, at: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Return the eye [3] and, a pixel, the way [size, size, 3] that is one metre of depth long.

    Computed from the field of view alone, not from the matrices that PyBullet is given, through
    a pixel's middle, or ``at`` another share of it from its left and top.
    """
    T, size = camera.T_base_camera(), camera.lens.size
    slope = (2 * (np.arange(size) + at) / size - 1) * np.tan(radians(camera.lens.fov_degrees / 2))
    right, down = np.meshgrid(slope, slope)
    return T[:3, 3], np.stack([right, down, np.ones_like(right)], -1) @ T[:3, :3].T


def box_depth(
    camera: DepthCamera, low: np.ndarray, high: np.ndarray, at: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the depth of an upright box [size, size] [m], inf beside it, and the axis hit.

    By the slab method (Kay and Kajiya 1986, "Ray tracing complex scenes").
    """
    eye, ways = rays(camera, at)
    with np.errstate(divide="ignore"):
        ends = np.stack([(low - eye) / ways, (high - eye) / ways])
    enter, leave = ends.min(0), ends.max(0)
    hit = enter.max(-1) <= leave.min(-1)
    return np.where(hit, enter.max(-1), np.inf), enter.argmax(-1)


def scene_depth(
    camera: DepthCamera, place: tuple[float, float], at: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Return the depth of table and block [m], and which is seen: 0, 1 sides, 2 top, 3 table."""
    half = np.array([EDGE / 2] * 3)
    centre = np.array([*place, TABLE + EDGE / 2])
    block, face = box_depth(camera, centre - half, centre + half, at)
    eye, ways = rays(camera, at)
    table = (TABLE - eye[2]) / np.minimum(ways[..., 2], -1e-9)
    return np.minimum(block, table), np.where(block < table, face, 3)


def sharp(camera: DepthCamera, place: tuple[float, float]) -> np.ndarray:
    """Return where a pixel's middle is not on an edge, which may fall to either side."""
    low, high = (scene_depth(camera, place, at)[1] for at in (0.48, 0.52))
    return low == high


@pytest.mark.parametrize("fov", [62.0, 82.0])
@pytest.mark.parametrize("size", [16, 32, 64])
@pytest.mark.parametrize("pose", POSES)
def test_depth_is_that_of_table_block_top_and_block_side(
    scene: GraspScene, pose: tuple[float, ...], size: int, fov: float
) -> None:
    stand(scene, pose)
    camera, counts = mounted(scene, size, fov), np.zeros(4, int)
    for place in PLACES:
        scene.place_block(*place)
        expected, seen = scene_depth(camera, place)
        depth = camera.depth()
        assert depth.shape == (size, size) and depth.dtype == np.float32
        hide_block(scene)
        # The fingers are nearer than the table; the arm's own parts are not under test here.
        own = camera.depth() < 0.7 * scene_depth(camera, FAR_AWAY)[0]
        known = sharp(camera, place) & ~own & (expected < REACH)
        np.testing.assert_allclose(depth[known], expected[known], atol=TOLERANCE)
        counts += [(known & (seen == face)).sum() for face in range(4)]
    assert counts[3] > size * size and counts[2] > size * size / 100
    if size == 64:
        assert counts[0] + counts[1] > 10


@pytest.mark.parametrize("place", PLACES)
def test_a_point_is_seen_in_the_pixel_that_is_named_and_as_deep(
    scene: GraspScene, place: tuple[float, float]
) -> None:
    stand(scene)
    scene.place_block(*place)
    camera = mounted(scene, 256)
    depth = camera.depth()
    column, row, z = camera.pixel((*place, TABLE + EDGE))
    assert depth[int(row), int(column)] == pytest.approx(z, abs=TOLERANCE)


def block_centroid(scene: GraspScene, camera: DepthCamera, place: tuple[float, float]):
    """Return mean column and row [px] of what a block at ``place`` changes in the picture."""
    hide_block(scene)
    without = camera.depth()
    scene.place_block(*place)
    rows, columns = np.nonzero(np.abs(camera.depth() - without) > TOLERANCE)
    assert rows.size
    return columns.mean() + 0.5, rows.mean() + 0.5


@pytest.mark.parametrize("place", PLACES)
def test_the_block_is_where_pixel_says(scene: GraspScene, place: tuple[float, float]) -> None:
    stand(scene)
    camera = mounted(scene, 64)
    column, row = block_centroid(scene, camera, place)
    expected = camera.pixel((*place, TABLE + 0.75 * EDGE))
    assert (column, row) == pytest.approx(expected[:2], abs=4)


def test_left_is_left_and_up_is_up(scene: GraspScene) -> None:
    """The picture's top is away from the gripper, which is ahead: base +x is up, +y is left."""
    stand(scene)
    camera = mounted(scene, 64)
    right, down, forward = camera.T_base_camera()[:3, :3].T
    assert right[1] < -0.99 and down[0] < -0.5 and forward[2] < -0.5
    middle, beside, ahead = (
        block_centroid(scene, camera, place) for place in ((0.21, 0.0), (0.21, 0.03), (0.235, 0.0))
    )
    assert beside[0] < middle[0] - 4 and abs(beside[1] - middle[1]) < 2
    assert ahead[1] < middle[1] - 3 and abs(ahead[0] - middle[0]) < 2


# A positive turn moves what is seen the other way: a camera that looks up sees things lower.
@pytest.mark.parametrize(
    ("by", "shift"),
    [
        (Misalignment((0.01, 0.0, 0.0)), (-1, 0)),
        (Misalignment((0.0, 0.01, 0.0)), (0, -1)),
        (Misalignment(pitch=0.1), (0, 1)),
        (Misalignment(yaw=0.1), (-1, 0)),
    ],
)
def test_an_offset_shifts_the_picture_along_its_own_axis(
    scene: GraspScene, by: Misalignment, shift: tuple[int, int]
) -> None:
    stand(scene)
    camera = mounted(scene, 64)
    before = np.array(block_centroid(scene, camera, (0.22, 0.0)))
    camera.misalign(by)
    moved = np.array(block_centroid(scene, camera, (0.22, 0.0))) - before
    along, across = (0, 1) if shift[0] else (1, 0)
    assert moved[along] * shift[along] > 1
    assert abs(moved[across]) < 1


def test_a_camera_further_back_sees_everything_deeper(scene: GraspScene) -> None:
    stand(scene)
    hide_block(scene)
    camera = mounted(scene, 16)
    point = (0.22, 0.01, TABLE)
    before = camera.pixel(point)[2]
    camera.misalign(Misalignment((0.0, 0.0, -0.01)))
    column, row, z = camera.pixel(point)
    assert z == pytest.approx(before + 0.01, abs=1e-6)
    assert camera.depth()[int(row), int(column)] == pytest.approx(z, abs=0.015)


def test_a_roll_turns_the_picture_about_its_middle(scene: GraspScene) -> None:
    stand(scene)
    camera = mounted(scene, 64)
    before = np.array(camera.pixel((0.22, 0.03, TABLE))[:2]) - 32
    camera.misalign(Misalignment(roll=0.2))
    after = np.array(camera.pixel((0.22, 0.03, TABLE))[:2]) - 32
    # Right turns towards down, so what is seen turns from down towards right.
    turned = [[np.cos(0.2), np.sin(0.2)], [-np.sin(0.2), np.cos(0.2)]] @ before
    np.testing.assert_allclose(after, turned, atol=1e-3)
    seen = block_centroid(scene, camera, (0.22, 0.03))
    assert seen == pytest.approx(camera.pixel((0.22, 0.03, TABLE + 0.75 * EDGE))[:2], abs=4)


@pytest.mark.parametrize("corner", [(32, 32), (8, 56)])  # row and column [px] of 128
def test_a_window_shows_that_part_of_a_finer_picture(
    scene: GraspScene, corner: tuple[int, int]
) -> None:
    stand(scene)
    scene.place_block(0.22, 0.0)
    by, (top, left) = Misalignment(roll=0.05, fov_degrees=4.0), corner
    middle = (left + 32) / 64 - 1, (top + 32) / 64 - 1
    whole, part = mounted(scene, 128), mounted(scene, 64, zoom=2.0, middle=middle)
    for camera in (whole, part):
        camera.misalign(by)
    expected = whole.depth()[top : top + 64, left : left + 64]
    different = np.abs(part.depth() - expected) > TOLERANCE
    assert different.mean() < 0.01  # rounding may have an edge fall to either side
    column, row, z = whole.pixel((0.22, 0.01, TABLE))
    assert part.pixel((0.22, 0.01, TABLE)) == pytest.approx((column - left, row - top, z))


def test_a_wider_field_shows_the_block_smaller(scene: GraspScene) -> None:
    stand(scene)
    camera = mounted(scene, 64)
    half_edge = np.tan(radians(41.0))
    x, y, z = 0.25 * half_edge, 0.0, 0.25
    point = (camera.T_base_camera() @ [x, y, z, 1.0])[:3]
    assert camera.pixel(tuple(point))[0] == pytest.approx(64.0, abs=1e-3)
    camera.misalign(Misalignment(fov_degrees=20.0))
    assert camera.pixel(tuple(point))[0] < 58.0


@pytest.mark.parametrize("pose", [*POSES, (0.0, 0.6, 0.9, 0.3, 0.0)])  # the last: past the edge
def test_the_table_that_is_computed_is_the_one_that_would_be_drawn(
    scene: GraspScene, pose: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand(scene, pose)
    scene.place_block(0.23, 0.02)
    computed = mounted(scene).depth()
    monkeypatch.setattr(scene.world, "show_table", lambda shown: None)
    monkeypatch.setattr(scene.world, "tabletop", None)
    drawn = mounted(scene).depth()
    assert (drawn == drawn.max()).any()
    differs = np.abs(computed - drawn) > 1e-4
    assert differs.sum() <= 1  # a pixel on the table's edge may fall to either side


def test_a_depth_picture_leaves_the_table_in_the_others(scene: GraspScene) -> None:
    before = picture(scene.world)
    mounted(scene).depth()
    np.testing.assert_array_equal(picture(scene.world), before)
    scene.world.show_table(False)
    assert (picture(scene.world) != before).any(-1).mean() > 0.1
    scene.world.show_table(True)


def test_where_nothing_is_depth_is_the_far_plane(scene: GraspScene) -> None:
    scene.arm.teleport(np.zeros(5), MODEL.gripper.max_opening)
    # Straight up the camera looks at the sky past the fingers.
    depth = mounted(scene).depth()
    assert depth[0, 0] == pytest.approx(NOTHING, rel=1e-4)
    assert np.isfinite(depth).all() and (depth > 0).all()


@pytest.mark.parametrize("size", [7, 0, -1, 257, float("nan")])
def test_an_image_size_that_does_not_work_is_refused(size: float) -> None:
    with pytest.raises(RobotError, match=r"size .* (outside 8 to 256 px|not a whole number)"):
        Lens(size, 82.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("fov", [0.0, 19.9, 130.1, 180.0, float("nan"), float("inf")])
def test_a_field_of_view_that_does_not_work_is_refused(fov: float) -> None:
    with pytest.raises(RobotError, match=r"field of view .* is outside 20.0 to 130.0 deg"):
        Lens(32, fov)


def test_a_misalignment_beyond_every_lens_is_refused(scene: GraspScene) -> None:
    with pytest.raises(RobotError, match="field of view 142"):
        mounted(scene).misalign(Misalignment(fov_degrees=60.0))
