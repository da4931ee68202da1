from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.errors import CheckpointError
from policies.frames import FrameRing
from policies.nstep import NStepReturns, Transitions
from policies.observation import ImagePart, ObservationSpec
from policies.replay import ReplayBuffer

PAIR = ObservationSpec(2)
SEEN = ObservationSpec(1, "state", ImagePart("depth", (2, 3, 1)))


def add_numbered(buffer: ReplayBuffer, first: int, count: int) -> None:
    """Add transitions of one endless episode: the observation at time t is [t, 2t]."""
    values = np.arange(first, first + count + 1, dtype=np.float32)
    seen = buffer.see(values[first > 0 :, None] * [1, 2])
    if first > 0:
        seen = np.concatenate([[seen[0] - 1], seen])
    action, reward = values[:-1, None], values[:-1]
    buffer.add(Transitions(seen[:-1], action, reward, seen[1:], reward / 2))


def stored_rewards(buffer: ReplayBuffer) -> list[float]:
    return sorted(set(buffer.sample(np.random.default_rng(0), 4096).reward.tolist()))


@given(st.lists(st.integers(0, 7), min_size=1, max_size=12))
def test_the_ring_keeps_the_newest_transitions_whatever_the_batch_sizes(counts: list[int]) -> None:
    buffer = ReplayBuffer(7, PAIR, 1)
    total = 0
    for count in filter(None, counts):
        add_numbered(buffer, total, count)
        total += count
    assert len(buffer) == min(total, 7)
    if total:
        assert stored_rewards(buffer) == [float(i) for i in range(max(0, total - 7), total)]


@dataclass
class Collection:
    """Feeds a buffer as a learner does, and a list of what it should hold."""

    buffer: ReplayBuffer
    nstep: NStepReturns
    envs: int
    naive: list[tuple[float, float]] = field(default_factory=list)
    tag: int = 0

    def observations(self) -> Any:
        records = np.zeros(self.envs, SEEN.dtype)
        tags = np.arange(self.tag, self.tag + self.envs)
        self.tag += self.envs
        records["state"][:, 0] = tags
        records["depth"] = (tags % 256)[:, None, None, None]
        return records

    def begin(self) -> None:
        self.shown = self.observations()
        self.seen = self.buffer.see(self.shown)
        self.open: list[list[float]] = [[] for _ in range(self.envs)]

    def step(self, ended: Any) -> None:
        following, n = self.observations(), self.nstep.n
        seen = self.buffer.see(following)
        ready: list[list[tuple[float, float]]] = [[] for _ in range(n)]
        for env in range(self.envs):
            tags = self.open[env]
            tags.append(float(self.shown["state"][env, 0]))
            complete = tags if ended[env] else tags[: max(0, len(tags) - n + 1)]
            for tag in complete:
                age = len(tags) - 1 - tags.index(tag)
                ready[age].append((tag, float(following["state"][env, 0])))
            self.open[env] = [] if ended[env] else tags[len(complete) :]
        self.naive += [pair for pairs in reversed(ready) for pair in pairs]
        tags = self.shown["state"].copy()
        zeros = np.zeros(self.envs, np.float32)
        self.buffer.add(
            self.nstep.push(
                observation=self.seen,
                action=tags,
                reward=zeros,
                next_observation=seen,
                terminated=zeros > 0,
                truncated=np.array(ended),
            )
        )
        self.shown, self.seen = following.copy(), seen
        if any(ended):
            self.shown[ended] = self.observations()[ended]
            self.seen[ended] = self.buffer.see(self.shown[ended])


@settings(max_examples=60, deadline=None)
@given(
    capacity=st.integers(12, 60),
    envs=st.integers(1, 4),
    n=st.integers(1, 3),
    length=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_every_sample_is_a_transition_that_happened_and_among_the_newest(
    capacity: int, envs: int, n: int, length: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    buffer = ReplayBuffer(capacity, SEEN, 1, open_sums=envs * n)
    run = Collection(buffer, NStepReturns(n, 0.9, envs, 1), envs)
    run.begin()
    for _ in range(4 * capacity // envs):
        run.step(rng.random(envs) < 1 / length)
        held = len(buffer)
        assert held >= min(len(run.naive), capacity // 2)
        if not held:
            continue
        batch = buffer.sample(rng, 32)
        got = {
            (float(tag), float(after))
            for tag, after in zip(
                batch.observation["state"][:, 0],
                batch.next_observation["state"][:, 0],
                strict=True,
            )
        }
        assert got <= set(run.naive[-held:])
        np.testing.assert_array_equal(batch.action, batch.observation["state"])
        for records in (batch.observation, batch.next_observation):
            bytes_seen = records["depth"].reshape(32, -1)
            np.testing.assert_array_equal(bytes_seen[:, :1], records["state"] % 256)
            assert (bytes_seen == bytes_seen[:, :1]).all()


@pytest.mark.parametrize(("envs", "n"), [(1, 1), (8, 1), (4, 3)])
def test_the_capacity_is_used_up_where_episodes_are_not_short(envs: int, n: int) -> None:
    buffer = ReplayBuffer(200, SEEN, 1, open_sums=envs * n)
    run = Collection(buffer, NStepReturns(n, 0.9, envs, 1), envs)
    run.begin()
    for step in range(1, 200):
        run.step([step % 16 == 0] * envs)
        assert len(buffer) == min(len(run.naive), 200)


def test_a_sample_keeps_the_fields_of_a_transition_together() -> None:
    buffer = ReplayBuffer(50, PAIR, 1)
    add_numbered(buffer, 0, 30)
    batch = buffer.sample(np.random.default_rng(1), 64)
    np.testing.assert_array_equal(batch.observation, batch.reward[:, None] * [1, 2])
    np.testing.assert_array_equal(batch.next_observation, (batch.reward[:, None] + 1) * [1, 2])
    np.testing.assert_array_equal(batch.action[:, 0], batch.reward)
    np.testing.assert_array_equal(batch.discount, batch.reward / 2)


def test_sampling_is_uniform_over_the_filled_part() -> None:
    buffer = ReplayBuffer(1000, PAIR, 1)
    add_numbered(buffer, 0, 10)
    rewards = buffer.sample(np.random.default_rng(2), 100_000).reward
    counts = np.bincount(rewards.astype(int), minlength=10)
    assert len(counts) == 10
    assert np.abs(counts - 10_000).max() < 500


def test_sampling_does_not_allocate_new_outputs() -> None:
    buffer = ReplayBuffer(10, PAIR, 1)
    add_numbered(buffer, 0, 10)
    rng = np.random.default_rng(0)
    assert buffer.sample(rng, 8).observation is buffer.sample(rng, 8).observation


def test_a_restored_buffer_samples_and_overwrites_like_the_original() -> None:
    original, restored = ReplayBuffer(8, PAIR, 1), ReplayBuffer(8, PAIR, 1)
    add_numbered(original, 0, 6)
    add_numbered(original, 6, 5)
    arrays, meta = original.state()
    restored.load_state({name: array.copy() for name, array in arrays.items()}, meta)
    for start in (11, 14, 17):
        one, other = (b.sample(np.random.default_rng(start), 32) for b in (original, restored))
        np.testing.assert_array_equal(one.reward, other.reward)
        np.testing.assert_array_equal(one.next_observation, other.next_observation)
        for buffer in (original, restored):
            add_numbered(buffer, start, 3)


def test_the_state_holds_only_the_filled_part() -> None:
    buffer = ReplayBuffer(1000, PAIR, 1)
    add_numbered(buffer, 0, 3)
    arrays, _ = buffer.state()
    assert len(arrays.pop("frames")) == 4
    assert {len(array) for array in arrays.values()} == {3}


def test_a_state_that_does_not_fit_is_refused() -> None:
    large, small = ReplayBuffer(9, PAIR, 1), ReplayBuffer(4, PAIR, 1)
    add_numbered(large, 0, 6)
    arrays, meta = large.state()
    with pytest.raises(CheckpointError, match="capacity of 4"):
        small.load_state(arrays, meta)
    with pytest.raises(CheckpointError, match="'action' holds values of shape"):
        ReplayBuffer(9, PAIR, 2).load_state(arrays, meta)
    with pytest.raises(CheckpointError, match=r"saved observations are .*, expected float32"):
        ReplayBuffer(9, ObservationSpec(3), 1).load_state(arrays, meta)
    with pytest.raises(CheckpointError, match="7 of 9 frames"):
        large.load_state(arrays, meta | {"written": 9})


def test_a_frame_is_stored_once() -> None:
    image = ObservationSpec(7, "state", ImagePart("depth", (32, 32, 1)))
    buffer = ReplayBuffer(300_000, image, 2, open_sums=8)
    frames = 300_000 + 300_000 // 16 + 4 * 3 * 8
    numbers = 2 * 8 + (2 + 1 + 1) * 4
    assert buffer.nbytes == frames * (32 * 32 + 7 * 4) + 300_000 * numbers
    assert buffer.nbytes < 2**30


def test_an_empty_buffer_cannot_be_sampled() -> None:
    with pytest.raises(ValueError, match="empty"):
        ReplayBuffer(4, PAIR, 1).sample(np.random.default_rng(0), 2)


def test_a_frame_outlives_as_many_others_as_the_ring_has_room_for() -> None:
    ring = FrameRing(3, ObservationSpec(1))
    for start, oldest in ((0, 0), (2, 1), (4, 3)):
        numbers = ring.add(np.arange(start, start + 2, dtype=np.float32)[:, None])
        assert numbers.tolist() == [start, start + 1]
        assert ring.oldest == oldest
    out = np.zeros((3, 1), np.float32)
    ring.take(np.array([5, 3, 4]), out)
    assert out[:, 0].tolist() == [5, 3, 4]
