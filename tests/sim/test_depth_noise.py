import numpy as np
import pytest

from sim.conditions import NOMINAL, Conditions
from sim.depth_noise import disturb

SHAPE = (64, 64)


def wall(distance: float) -> np.ndarray:
    return np.full(SHAPE, distance, np.float32)


def seen(depth: np.ndarray, seed: int = 0, **conditions: float) -> np.ndarray:
    return disturb(depth, Conditions(**conditions), np.random.default_rng(seed))


def test_without_faults_the_truth_comes_through_and_nothing_is_drawn() -> None:
    random = np.random.default_rng(0)
    truth = wall(0.2)
    np.testing.assert_array_equal(disturb(truth, NOMINAL, random), truth)
    assert random.bit_generator.state == np.random.default_rng(0).bit_generator.state


@pytest.mark.parametrize(("distance", "factor"), [(0.1, 0.25), (0.2, 1.0), (0.4, 4.0)])
def test_noise_grows_with_the_square_of_the_distance(distance: float, factor: float) -> None:
    error = seen(wall(distance), depth_noise=0.002) - distance
    assert error.std() == pytest.approx(0.002 * factor, rel=0.05)
    assert abs(error.mean()) < 0.1 * 0.002 * factor


def test_noise_is_of_each_pixel_alone() -> None:
    error = seen(wall(0.2), depth_noise=0.002) - np.float32(0.2)
    for shifted in (np.roll(error, 1, 0), np.roll(error, 1, 1), error.T):
        assert abs(np.corrcoef(error.ravel(), shifted.ravel())[0, 1]) < 0.08


@pytest.mark.parametrize("share", [0.02, 0.15, 1.0])
def test_dropout_loses_its_share_of_pixels_and_touches_no_other(share: float) -> None:
    depth = seen(wall(0.2), depth_dropout=share)
    lost = depth == 0
    assert lost.mean() == pytest.approx(share, abs=0.015)
    assert (depth[~lost] == np.float32(0.2)).all()


@pytest.mark.parametrize("quantum", [0.0005, 0.002])
def test_depth_is_told_in_whole_quanta_to_the_nearest(quantum: float) -> None:
    truth = np.linspace(0.05, 0.3, 4096, dtype=np.float32).reshape(SHAPE)
    depth = seen(truth, depth_quantum=quantum)
    np.testing.assert_allclose(depth / quantum, np.rint(depth / quantum), atol=1e-3)
    assert np.abs(depth - truth).max() <= 0.5 * quantum * 1.01
    assert len(np.unique(depth)) == pytest.approx(0.25 / quantum, abs=2)


def test_the_same_draw_gives_the_same_picture_and_the_truth_is_kept() -> None:
    truth = wall(0.2)
    faults = {"depth_noise": 0.001, "depth_dropout": 0.05, "depth_quantum": 0.0005}
    one, same, other = (seen(truth, seed, **faults) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert one.dtype == np.float32
    np.testing.assert_array_equal(truth, wall(0.2))
