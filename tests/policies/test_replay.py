import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.batch import Batch
from policies.errors import CheckpointError
from policies.observation import ObservationSpec
from policies.replay import ReplayBuffer


def numbered(first: int, count: int) -> Batch:
    values = np.arange(first, first + count, dtype=np.float32)
    columns = values[:, None]
    return Batch(
        observation=columns * [1, 2],
        action=columns,
        reward=values,
        next_observation=columns * [3, 4],
        discount=values / 2,
    )


def stored_rewards(buffer: ReplayBuffer) -> list[float]:
    return sorted(set(buffer.sample(np.random.default_rng(0), 4096).reward.tolist()))


@given(st.lists(st.integers(0, 7), min_size=1, max_size=12))
def test_the_ring_keeps_the_newest_transitions_whatever_the_batch_sizes(counts: list[int]) -> None:
    buffer = ReplayBuffer(7, ObservationSpec(2), 1)
    total = 0
    for count in counts:
        buffer.add_batch(numbered(total, count))
        total += count
    assert len(buffer) == min(total, 7)
    if total:
        assert stored_rewards(buffer) == [float(i) for i in range(max(0, total - 7), total)]


def test_a_sample_keeps_the_fields_of_a_transition_together() -> None:
    buffer = ReplayBuffer(50, ObservationSpec(2), 1)
    buffer.add_batch(numbered(0, 30))
    batch = buffer.sample(np.random.default_rng(1), 64)
    np.testing.assert_array_equal(batch.observation, batch.reward[:, None] * [1, 2])
    np.testing.assert_array_equal(batch.next_observation, batch.reward[:, None] * [3, 4])
    np.testing.assert_array_equal(batch.action[:, 0], batch.reward)
    np.testing.assert_array_equal(batch.discount, batch.reward / 2)


def test_sampling_is_uniform_over_the_filled_part() -> None:
    buffer = ReplayBuffer(1000, ObservationSpec(2), 1)
    buffer.add_batch(numbered(0, 10))
    rewards = buffer.sample(np.random.default_rng(2), 100_000).reward
    counts = np.bincount(rewards.astype(int), minlength=10)
    assert len(counts) == 10
    assert np.abs(counts - 10_000).max() < 500


def test_sampling_does_not_allocate_new_outputs() -> None:
    buffer = ReplayBuffer(10, ObservationSpec(2), 1)
    buffer.add_batch(numbered(0, 10))
    rng = np.random.default_rng(0)
    assert buffer.sample(rng, 8).observation is buffer.sample(rng, 8).observation


def test_a_restored_buffer_samples_and_overwrites_like_the_original() -> None:
    original, restored = (
        ReplayBuffer(8, ObservationSpec(2), 1),
        ReplayBuffer(8, ObservationSpec(2), 1),
    )
    original.add_batch(numbered(0, 6))
    original.add_batch(numbered(6, 5))
    arrays, meta = original.state()
    restored.load_state({name: array.copy() for name, array in arrays.items()}, meta)
    for buffer in (original, restored):
        buffer.add_batch(numbered(11, 3))
    one, other = (b.sample(np.random.default_rng(3), 32) for b in (original, restored))
    np.testing.assert_array_equal(one.reward, other.reward)
    np.testing.assert_array_equal(one.next_observation, other.next_observation)


def test_the_state_holds_only_the_filled_part() -> None:
    buffer = ReplayBuffer(1000, ObservationSpec(2), 1)
    buffer.add_batch(numbered(0, 3))
    assert {len(array) for array in buffer.state()[0].values()} == {3}


def test_a_state_that_does_not_fit_is_refused() -> None:
    large, small, wide = (
        ReplayBuffer(9, ObservationSpec(2), 1),
        ReplayBuffer(4, ObservationSpec(2), 1),
        ReplayBuffer(9, ObservationSpec(3), 1),
    )
    large.add_batch(numbered(0, 6))
    arrays, meta = large.state()
    with pytest.raises(CheckpointError, match="capacity of 4"):
        small.load_state(arrays, meta)
    with pytest.raises(CheckpointError, match="'observation' holds values of shape"):
        wide.load_state(arrays, meta)


def test_nbytes_is_the_memory_of_the_full_ring() -> None:
    assert ReplayBuffer(1000, ObservationSpec(12), 4).nbytes == 1000 * (12 + 4 + 1 + 12 + 1) * 4


def test_an_empty_buffer_cannot_be_sampled() -> None:
    with pytest.raises(ValueError, match="empty"):
        ReplayBuffer(4, ObservationSpec(2), 1).sample(np.random.default_rng(0), 2)
