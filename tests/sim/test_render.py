from collections.abc import Iterator

import numpy as np
import pytest

from robot.model import load_arm
from sim.grasp_scene import GraspScene
from sim.render import WHOLE_ARM, Picture, Viewpoint, picture

FROM_ABOVE = Viewpoint(
    target=(0.22, 0.0, 0.0), distance=0.4, yaw=-90.0, pitch=-89.9, width=160, height=120
)


@pytest.fixture
def scene() -> Iterator[GraspScene]:
    with GraspScene(load_arm("dofbot")) as scene:
        # Folded away, so that nothing hides the block from above.
        scene.show(scene.model.rest, scene.model.gripper.max_opening)
        yield scene


def red(image: Picture) -> tuple[int, float, float]:
    """Return how many pixels are block red, and the middle row and column of them."""
    r, g, b = (image[:, :, i].astype(int) for i in range(3))
    rows, columns = np.nonzero((r > 90) & (g < r // 2) & (b < r // 2))
    assert rows.size, "the block is not in the picture"
    return rows.size, float(rows.mean()), float(columns.mean())


def test_a_picture_has_the_size_of_its_viewpoint(scene: GraspScene) -> None:
    image = picture(scene.world, FROM_ABOVE)
    assert image.shape == (120, 160, 3)
    assert image.dtype == np.uint8
    assert picture(scene.world).shape == (480, 640, 3)


def test_the_picture_moves_as_the_block_moves(scene: GraspScene) -> None:
    def seen(x: float, y: float) -> tuple[int, float, float]:
        scene.place_block(x, y)
        return red(picture(scene.world, FROM_ABOVE))

    _, row, column = seen(0.22, 0.0)
    assert (row, column) == pytest.approx((59.5, 79.5), abs=3)
    _, row_ahead, column_ahead = seen(0.26, 0.0)
    _, row_left, column_left = seen(0.22, 0.04)
    # Seen from above with x up in the picture, left is left.
    assert row_ahead < row - 8 and column_ahead == pytest.approx(column, abs=3)
    assert column_left < column - 8 and row_left == pytest.approx(row, abs=3)


def test_a_block_lifted_towards_the_viewer_looks_larger(scene: GraspScene) -> None:
    scene.place_block(0.22, 0.0)
    on_table, *_ = red(picture(scene.world, FROM_ABOVE))
    (x, y, z), turn = scene.block_pose()
    rest, opening = scene.model.rest, scene.model.gripper.max_opening
    scene.show(rest, opening, ((x, y, z + 0.1), turn))
    lifted, *_ = red(picture(scene.world, FROM_ABOVE))
    assert lifted > 1.3 * on_table


def test_the_arm_is_drawn_where_it_is_shown(scene: GraspScene) -> None:
    opening = scene.model.gripper.max_opening
    scene.show(scene.model.home, opening)
    upright = picture(scene.world)
    scene.show(scene.model.rest, opening)
    assert (picture(scene.world) != upright).any(axis=2).mean() > 0.02


def test_the_same_scene_gives_the_same_picture(scene: GraspScene) -> None:
    np.testing.assert_array_equal(
        picture(scene.world, FROM_ABOVE), picture(scene.world, FROM_ABOVE)
    )


def test_an_arm_is_seen_whole_even_where_it_stands_upright(scene: GraspScene) -> None:
    upright = scene.model.home
    scene.show(upright, scene.model.gripper.max_opening)
    top = picture(scene.world, WHOLE_ARM)[0]
    assert (top == top[0]).all(), "the arm is cut off at the upper edge"
