"""A replaced goal was reached later in the same episode, and is judged by the environment itself.

The environments here count: what is achieved by step s of environment e is the number
1000 e + s, so that a batch tells which steps it was made of.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from policies.batch import Batch
from policies.errors import CheckpointError
from policies.hindsight import HindsightReplay, Relabelling
from policies.observation import ObservationSpec

SPEC = ObservationSpec(3, goal=1)
ENVS, APART, GAMMA, NEAR = 3, 1000, 0.5, 2
Ends = list[list[str]]
"""For each step, how it ended in each environment: "on", "cut" or "over"."""

ENDINGS = st.lists(
    st.lists(st.sampled_from(["on", "on", "on", "cut", "over"]), min_size=ENVS, max_size=ENVS),
    min_size=1,
    max_size=40,
)


def judged(achieved: NDArray[Any], desired: NDArray[Any]) -> NDArray[np.float32]:
    return -(np.abs(achieved - desired)[..., 0] >= NEAR).astype(np.float32)


def shown(number: float) -> NDArray[np.float32]:
    """Return [e, 3] what is seen where step ``number`` led: itself, achieved, and its distance
    from the goal, 0.5 beyond any."""
    achieved = np.arange(ENVS) * APART + number
    return np.stack([achieved, achieved, 0.5 - achieved], axis=1).astype(np.float32)


def filled(ends: Ends, relabelling: Relabelling, capacity: int = 600) -> HindsightReplay:
    replay = HindsightReplay(capacity, ENVS, SPEC, 1, relabelling, judged)
    replay.begin(shown(0))
    for s, words in enumerate(ends, 1):
        over, cut = (np.array([word == what for word in words]) for what in ("over", "cut"))
        action = np.full((ENVS, 1), s, np.float32)
        reward = np.full(ENVS, -s, np.float32)
        replay.remember(action, (shown(s), reward, over, cut, shown(s), []))
    return replay


def last_step(ends: Ends, env: int, step: int) -> int:
    """Return the number of the last step of the episode of ``step``, so far."""
    later = (s for s in range(step, len(ends) + 1) if ends[s - 1][env] != "on")
    return next(later, len(ends))


def drawn(replay: HindsightReplay, rows: int, seed: int = 0) -> Batch:
    return replay.sample(np.random.default_rng(seed), rows)


def told(batch: Batch, row: int) -> tuple[int, int, int, int, float]:
    """Return (environment, first step, last step, environment of the last, goal) of a row."""
    before, after = batch.observation[row], batch.next_observation[row]
    env, first = divmod(int(before[1]), APART)
    env_after, last = divmod(int(after[1]), APART)
    goal = before[1] + before[2]
    assert goal == after[1] + after[2]
    return env, first + 1, last, env_after, float(goal)


@settings(max_examples=60, deadline=None)
@given(ends=ENDINGS, n_step=st.integers(1, 4), reaches=st.booleans())
def test_goals_are_of_the_same_episodes_future_and_rewards_are_the_environments(
    ends: Ends, n_step: int, reaches: bool
) -> None:
    goal_reward = 0.0 if reaches else None
    replay = filled(ends, Relabelling(1.0, n_step, GAMMA, goal_reward))
    batch = drawn(replay, 24)
    for row in range(24):
        env, first, last, env_after, goal = told(batch, row)
        end = last_step(ends, env, first)
        assert env_after == env
        assert batch.action[row, 0] == first
        assert first <= last <= min(end, first + n_step - 1)
        if goal == 0.5:
            continue  # there was no goal to replace it by
        goal_env, reached_at = divmod(int(goal), APART)
        assert goal_env == env
        assert first <= reached_at <= end
        sums = [
            float(judged(np.array([env * APART + s]), np.array([goal])))
            for s in range(first, last + 1)
        ]
        assert batch.reward[row] == sum(GAMMA**k * reward for k, reward in enumerate(sums))
        if reaches:
            assert 0.0 not in sums[:-1]
            over = sums[-1] == 0.0
            assert goal - (env * APART + first - 1) >= NEAR
        else:
            over = ends[last - 1][env] == "over"
        assert batch.discount[row] == (0.0 if over else GAMMA ** len(sums))
        assert over or last == min(end, first + n_step - 1)


@settings(max_examples=40, deadline=None)
@given(ends=ENDINGS, n_step=st.integers(1, 4))
def test_the_rest_of_a_batch_is_as_it_was(ends: Ends, n_step: int) -> None:
    batch = drawn(filled(ends, Relabelling(0.25, n_step, GAMMA, 0.0)), 16)
    for row in range(4, 16):
        env, first, last, _, goal = told(batch, row)
        end = last_step(ends, env, first)
        assert goal == 0.5
        assert last == min(end, first + n_step - 1)
        rewards = [-s for s in range(first, last + 1)]
        assert batch.reward[row] == sum(GAMMA**k * reward for k, reward in enumerate(rewards))
        over = ends[last - 1][env] == "over"
        assert batch.discount[row] == (0.0 if over else GAMMA ** len(rewards))


def test_a_share_of_the_batch_is_relabelled() -> None:
    batch = drawn(filled([["on"] * ENVS] * 40, Relabelling(0.75, 1, GAMMA, 0.0)), 40)
    goals = batch.observation[:, 1] + batch.observation[:, 2]
    assert (goals[:30] != 0.5).all()
    assert (goals[30:] == 0.5).all()


def test_a_goal_that_nobody_can_set_out_to_leaves_the_step_its_own() -> None:
    replay = filled([["cut"] * ENVS] * 10, Relabelling(1.0, 1, GAMMA, 0.0))
    batch = drawn(replay, 32)
    assert (batch.observation[:, 1] + batch.observation[:, 2] == 0.5).all()


def test_the_oldest_steps_give_way_and_no_episode_reaches_into_what_replaced_it() -> None:
    ends = [["cut" if s % 7 == 6 else "on"] * ENVS for s in range(50)]
    replay = filled(ends, Relabelling(1.0, 3, GAMMA), capacity=10 * ENVS)
    assert (len(replay), replay.capacity) == (30, 30)
    batch = drawn(replay, 200)
    for row in range(200):
        env, first, last, _, goal = told(batch, row)
        end = last_step(ends, env, first)
        assert 41 <= first <= last <= end
        assert first <= int(goal) - env * APART <= end


def test_an_episode_longer_than_the_memory_is_kept_as_far_as_it_goes() -> None:
    replay = filled([["on"] * ENVS] * 25 + [["over"] * ENVS], Relabelling(1.0, 1, GAMMA), 10 * ENVS)
    goals = drawn(replay, 100).observation[:, 1:].sum(axis=1) % APART
    assert goals.min() >= 17
    assert goals.max() == 26


def test_what_follows_a_break_is_another_episode() -> None:
    replay = filled([["on"] * ENVS] * 5, Relabelling(1.0, 1, GAMMA))
    replay.begin(shown(5))
    for s in range(6, 9):
        calm = np.zeros(ENVS, np.bool_)
        step = (shown(s), np.zeros(ENVS, np.float32), calm, calm, shown(s), [])
        replay.remember(np.zeros((ENVS, 1), np.float32), step)
    batch = drawn(replay, 100)
    for row in range(100):
        env, first, _, _, goal = told(batch, row)
        assert (goal - env * APART <= 5) == (first <= 5)


@pytest.mark.parametrize("count", [4, 40])
def test_a_restored_memory_draws_and_grows_as_the_first_would(count: int) -> None:
    ends = [["on", "cut" if s % 3 else "on", "over"] for s in range(count)]
    replays = [filled(ends, Relabelling(0.5, 2, GAMMA, 0.0), 10 * ENVS)]
    arrays, meta = replays[0].state()
    arrays = {name: array.copy() for name, array in arrays.items()}
    replays.append(
        HindsightReplay(10 * ENVS, ENVS, SPEC, 1, Relabelling(0.5, 2, GAMMA, 0.0), judged)
    )
    replays[1].load_state(arrays, meta)
    for replay in replays:
        ended = np.array([True, False, False])
        step = (shown(99), np.ones(ENVS, np.float32), ended, ~ended, shown(98), [])
        replay.remember(np.ones((ENVS, 1), np.float32), step)
    one, other = (drawn(replay, 64, seed=3) for replay in replays)
    for name in Batch.__slots__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_memory_of_another_size_is_refused_by_name() -> None:
    arrays, meta = filled([["on"] * ENVS] * 5, Relabelling(0.5, 2, GAMMA)).state()
    other = HindsightReplay(60, 2, SPEC, 1, Relabelling(0.5, 2, GAMMA), judged)
    with pytest.raises(CheckpointError, match="'observation' has shape"):
        other.load_state(arrays, meta)


def test_an_empty_memory_says_so() -> None:
    with pytest.raises(ValueError, match="empty"):
        drawn(HindsightReplay(60, 2, SPEC, 1, Relabelling(0.5, 2, GAMMA), judged), 4)
