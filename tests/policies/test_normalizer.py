import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.normalizer import Normalizer, normalize
from policies.observation import ObservationSpec

PAIR = ObservationSpec(2)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=10), st.integers(0, 1000))
def test_batches_of_any_size_give_the_mean_and_deviation_of_all(
    sizes: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    batches = [rng.normal(50, [0.1, 30.0], (n, 2)).astype(np.float32) for n in sizes]
    normalizer = Normalizer(PAIR)
    for batch in batches:
        normalizer.update(batch)
    mean, deviation = normalizer.scale()
    everything = np.concatenate(batches).astype(np.float64)
    np.testing.assert_allclose(mean, everything.mean(0), rtol=1e-5)
    expected = np.maximum(everything.std(0), 1e-2)
    np.testing.assert_allclose(deviation, expected, rtol=1e-4)


def test_nothing_is_changed_before_the_first_observation() -> None:
    x = np.array([[3.0, -2.0]], np.float32)
    np.testing.assert_array_equal(normalize(PAIR, x.copy(), *Normalizer(PAIR).scale()), x)


def test_a_value_that_never_changes_does_not_divide_by_zero() -> None:
    normalizer = Normalizer(ObservationSpec(1))
    normalizer.update(np.full((100, 1), 7.0, np.float32))
    x = np.array([[7.0], [8.0]], np.float32)
    np.testing.assert_array_equal(
        normalize(ObservationSpec(1), x, *normalizer.scale()), [[0], [10]]
    )


def test_restored_sums_go_on_alike() -> None:
    rng = np.random.default_rng(0)
    original, restored = Normalizer(PAIR), Normalizer(PAIR)
    original.update(rng.normal(size=(5, 2)).astype(np.float32))
    restored.load_state({name: array.copy() for name, array in original.state().items()})
    more = rng.normal(size=(3, 2)).astype(np.float32)
    for normalizer in (original, restored):
        normalizer.update(more)
    for ours, theirs in zip(original.scale(), restored.scale(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_normalizing_writes_in_place() -> None:
    x = np.array([[1.0, 2.0]], np.float32)
    assert normalize(PAIR, x, np.float32([1, 1]), np.float32([1, 2])) is x
    assert x.tolist() == [pytest.approx([0.0, 0.5])]
