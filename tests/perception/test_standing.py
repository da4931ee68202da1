"""What stands on a table, in depth pictures that were computed ray by ray."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.depth_frame import DepthFrame
from perception.standing import standing

SIDE, FIELD, TABLE = 96, 82.0, -0.012
EDGE = 0.03
Box = tuple[float, float]


def camera(pitch: float = 0.0) -> np.ndarray:
    """Return a camera above (0.12, 0) that looks 35 deg ahead of straight down, and ``pitch``."""
    lean = np.radians(35.0) + pitch
    T = np.eye(4)
    T[:3, :3] = np.column_stack(
        [(0.0, -1.0, 0.0), (-np.cos(lean), 0.0, -np.sin(lean)), (np.sin(lean), 0.0, -np.cos(lean))]
    )
    T[:3, 3] = (0.12, 0.0, 0.194)
    return T


def taken(T: np.ndarray, boxes: list[Box], noise: float = 0.0) -> DepthFrame:
    """Return the picture of cubes of EDGE on the table, upright, and of nothing else."""
    slope = (2 * (np.arange(SIDE) + 0.5) / SIDE - 1) * np.tan(np.radians(FIELD / 2))
    right, down = np.meshgrid(slope, slope)
    rays = np.stack([right, down, np.ones_like(right)], -1) @ T[:3, :3].T
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = (TABLE - T[2, 3]) / rays[..., 2]
        depth[depth <= 0] = 2.0
        for x, y in boxes:
            low = np.array([x - EDGE / 2, y - EDGE / 2, TABLE]) - T[:3, 3]
            one, other = low / rays, (low + EDGE) / rays
            enter, leave = np.minimum(one, other).max(-1), np.maximum(one, other).min(-1)
            depth = np.where((enter < leave) & (enter > 0), np.minimum(depth, enter), depth)
    random = np.random.default_rng(0)
    depth = depth + random.normal(0.0, 1.0, depth.shape) * noise * (depth / 0.2) ** 2
    depth[random.random(depth.shape) < 0.05] = 0.0
    return DepthFrame(depth.astype(np.float32), 0.0, 1, 1e-4, FIELD)


PLACES = st.tuples(st.floats(0.19, 0.26), st.floats(-0.06, 0.06))


@given(PLACES, st.floats(-0.035, 0.035), st.floats(0.0, 0.002))
def test_one_block_is_seen_where_it_is_whatever_the_mount(
    place: Box, pitch: float, noise: float
) -> None:
    found = standing(taken(camera(pitch), [place], noise), camera(), TABLE)
    assert found is not None
    assert np.hypot(found.x - place[0], found.y - place[1]) < 0.02
    assert 0.02 < found.width < 0.04


@pytest.mark.parametrize("noise", [0.0, 0.002])
@pytest.mark.parametrize("pitch", [-0.035, 0.0, 0.035])
def test_nothing_stands_on_an_empty_table(pitch: float, noise: float) -> None:
    assert standing(taken(camera(pitch), [], noise), camera(), TABLE) is None


def test_two_blocks_are_wider_than_one() -> None:
    found = standing(taken(camera(), [(0.2, -0.04), (0.23, 0.03)], 0.001), camera(), TABLE)
    assert found is not None and found.width > 0.08


@pytest.mark.parametrize("depth", [0.0, 0.02, 1.9])
def test_no_table_is_made_of_a_picture_without_one(depth: float) -> None:
    frame = DepthFrame(np.full((SIDE, SIDE), depth, np.float32), 0.0, 1, 1e-4, FIELD)
    assert standing(frame, camera(), TABLE) is None
