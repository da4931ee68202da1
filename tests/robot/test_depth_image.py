import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robot.depth_image import UNKNOWN, DepthRange, Relief
from robot.errors import RobotError

RANGE = DepthRange(0.04, 0.30)
STEP = (0.30 - 0.04) / 254  # [m]
ROUNDING = 1e-6  # [m] of float32


def image_of(*depths: float) -> np.ndarray:
    return np.array([depths], np.float32)


ranges = st.tuples(st.floats(0.01, 0.5), st.floats(0.05, 3.0)).map(
    lambda pair: DepthRange(pair[0], pair[0] + pair[1])
)
shapes = st.tuples(st.integers(1, 6), st.integers(1, 6))


@given(st.data(), ranges, shapes)
def test_a_round_trip_is_off_by_half_a_step_at_most(
    data: st.DataObject, range_: DepthRange, shape: tuple[int, int]
) -> None:
    shares = data.draw(arrays(np.float32, shape, elements=st.floats(0, 1, width=32)))
    depth = np.float32(range_.near) + shares * np.float32(range_.far - range_.near)
    image = range_.encode(depth)
    assert image.shape == (*shape, 1) and image.dtype == np.uint8 and image.min() > UNKNOWN
    half_step = 0.5 * (range_.far - range_.near) / 254
    np.testing.assert_allclose(range_.decode(image), depth, atol=half_step * 1.001 + ROUNDING)


@given(arrays(np.uint8, (4, 3, 1)))
def test_every_image_survives_decoding_and_encoding(image: np.ndarray) -> None:
    np.testing.assert_array_equal(RANGE.encode(RANGE.decode(image)), image)


@given(st.floats(0.04, 0.30), st.floats(0.04, 0.30))
def test_the_farther_one_never_reads_as_nearer(one: float, other: float) -> None:
    near, far = RANGE.encode(image_of(*sorted((one, other))))[0, :, 0]
    assert near <= far


def test_a_step_is_a_millimetre() -> None:
    levels = RANGE.encode(image_of(0.10, 0.10 + STEP, 0.10 + 10 * STEP))[0, :, 0].astype(int)
    assert (levels - levels[0]).tolist() == [0, 1, 10]
    assert pytest.approx(0.001, rel=0.03) == STEP


def test_beyond_the_range_it_reads_as_the_end_of_it() -> None:
    image = RANGE.encode(image_of(0.001, 0.039, 0.04, 0.30, 0.31, 2.0, np.inf))
    assert image[0, :, 0].tolist() == [1, 1, 1, 255, 255, 255, 255]
    assert RANGE.decode(image)[0, [0, -1]] == pytest.approx([0.04, 0.30])


def test_what_was_not_measured_is_unknown_both_ways() -> None:
    image = RANGE.encode(image_of(0.0, -0.1, -np.inf, 0.2))
    assert image[0, :, 0].tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, image[0, 3, 0]]
    assert image[0, 3, 0] > UNKNOWN
    assert RANGE.decode(image)[0].tolist()[:3] == [0.0, 0.0, 0.0]


def test_rows_stay_rows() -> None:
    depth = np.array([[0.05, 0.10, 0.15], [0.20, 0.25, 0.29]], np.float32)
    image = RANGE.encode(depth)
    assert image.shape == (2, 3, 1)
    assert (np.diff(image.ravel().astype(int)) > 0).all()


def test_encoding_leaves_the_depth_as_it_is() -> None:
    depth = image_of(0.0, 0.1, 0.5)
    before = depth.copy()
    RANGE.encode(depth)
    np.testing.assert_array_equal(depth, before)


def test_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(RobotError, match="not a number"):
        RANGE.encode(image_of(0.1, np.nan))


@pytest.mark.parametrize(
    "ends", [(0.0, 0.3), (-0.1, 0.3), (0.3, 0.3), (0.3, 0.1), (0.1, np.inf), (np.nan, 0.3)]
)
def test_a_range_that_does_not_rise_from_zero_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(RobotError, match="does not rise from 0"):
        DepthRange(*ends)


def table(distance: float) -> np.ndarray:
    """Return the depth of a table seen aslant: farther from row to row, level along each."""
    return np.repeat(np.linspace(distance + 0.1, distance, 16, dtype=np.float32)[:, None], 16, 1)


@given(st.floats(0.1, 0.4), st.integers(0, 12), st.integers(0, 12))
def test_in_relief_a_block_reads_the_same_on_a_table_at_any_distance(
    distance: float, row: int, column: int
) -> None:
    depth = table(distance)
    depth[row : row + 4, column : column + 4] -= 0.030
    image = Relief(far=1.0).encode(depth)
    block = np.zeros((16, 16, 1), bool)
    block[row : row + 4, column : column + 4] = True
    assert set(np.unique(image[block]).tolist()) <= {53, 54}
    assert set(np.unique(image[~block]).tolist()) <= {212, 213}


def test_in_relief_what_was_not_measured_or_is_far_off_is_ground() -> None:
    depth = table(0.2)
    depth[3, 5] = 0.0
    depth[4] = 2.0
    image = Relief(far=0.3).encode(depth)
    assert len(np.unique(image)) == 1


def test_in_relief_a_depth_that_is_no_number_is_refused() -> None:
    with pytest.raises(RobotError, match="not a number"):
        Relief(far=0.3).encode(image_of(0.1, np.nan))
