from functools import partial
from typing import Any

import numpy as np
import pytest
from tiny_envs import Broken, Forgetful, Promising, Reach, Reusing, SeenBroken, SeenReach

from policies.environments import make_environment
from policies.errors import CheckpointError, PolicyError
from policies.pool import SerialPool
from policies.seeding import HeldOutSeeds, TrainingSeeds

SEEDS = TrainingSeeds(5)
make_pendulum = partial(make_environment, "Pendulum-v1", {})


def random_actions(rng: np.random.Generator, n: int) -> Any:
    return rng.uniform(-1, 1, (n, 1)).astype(np.float32)


def step(pool: SerialPool, actions: Any) -> Any:
    pool.send(np.asarray(actions, np.float32))
    return pool.recv()


def test_actions_in_minus_one_to_one_become_the_units_of_the_environment() -> None:
    pool = SerialPool(Reach, SEEDS, range(3))
    start = pool.reset()
    observation, *_ = step(pool, [[1.0], [-1.0], [0.5]])
    np.testing.assert_allclose((start - observation)[:, 0], [0.5, -0.5, 0.25], atol=1e-6)


def test_an_ended_episode_shows_its_last_observation_and_acts_on_the_new_one() -> None:
    pool = SerialPool(partial(Reach, steps=2), SEEDS, [4])
    pool.reset()
    step(pool, [[0.0]])
    observation, reward, terminated, truncated, successor, infos = step(pool, [[1.0]])
    assert truncated.tolist() == [True]
    assert terminated.tolist() == [False]
    assert reward[0] == pytest.approx(-abs(successor[0, 0]))
    env = Reach()
    np.testing.assert_array_equal(observation[0], env.reset(seed=SEEDS(4, 1))[0])
    assert [info["env"] for info in infos] == [4]


def test_an_environment_that_reuses_its_array_does_not_blur_the_last_observation() -> None:
    plain, reusing = (SerialPool(partial(kind, steps=1), SEEDS, [0]) for kind in (Reach, Reusing))
    for pool in (plain, reusing):
        pool.reset()
    ours, theirs = step(reusing, [[1.0]]), step(plain, [[1.0]])
    np.testing.assert_array_equal(ours[4], theirs[4])
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert ours[0] != ours[4]


def test_the_info_of_an_episode_sums_its_own_rewards_and_their_terms() -> None:
    pool = SerialPool(partial(Reach, steps=3), SEEDS, [0])
    pool.reset()
    for episode in range(2):
        steps = [step(pool, [[0.1]]) for _ in range(3)]
        info = steps[-1][-1][0]
        total = sum(float(reward[0]) for _, reward, *_ in steps)
        assert info["return"] == pytest.approx(total, abs=1e-6)
        assert info["reward_terms"]["distance"] == pytest.approx(total, abs=1e-6)
        assert info["length"] == 3
        assert info["seed"] == SEEDS(0, episode)
        assert isinstance(info["is_success"], bool)


def test_environments_of_a_pool_differ_and_a_rerun_repeats() -> None:
    first, again = (SerialPool(make_pendulum, SEEDS, range(4)).reset() for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(first, axis=0)) == 4


@pytest.mark.parametrize("before", [0, 1, 199, 200, 201, 317])
def test_a_restored_pool_goes_on_bit_for_bit(before: int) -> None:
    rng = np.random.default_rng(0)
    original = SerialPool(make_pendulum, SEEDS, range(3))
    observation = original.reset()
    for _ in range(before):
        observation, *_ = step(original, random_actions(rng, 3))
    restored = SerialPool(make_pendulum, SEEDS, range(3))
    np.testing.assert_array_equal(restored.restore(original.state()), observation)
    for _ in range(250):
        actions = random_actions(rng, 3)
        one, other = step(original, actions), step(restored, actions)
        for ours, theirs in zip(one[:5], other[:5], strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert one[5] == other[5]


def test_a_part_picks_its_environments_out_of_the_state_of_a_larger_pool() -> None:
    whole = SerialPool(make_pendulum, SEEDS, range(4))
    whole.reset()
    observation, *_ = step(whole, random_actions(np.random.default_rng(0), 4))
    part = SerialPool(make_pendulum, SEEDS, [2, 3])
    np.testing.assert_array_equal(part.restore(whole.state()), observation[2:])
    with pytest.raises(CheckpointError, match="no environment 4"):
        SerialPool(make_pendulum, SEEDS, [4]).restore(whole.state())


def test_options_reach_the_episodes_that_start_after_them_and_survive_a_restore() -> None:
    pool = SerialPool(partial(Reach, steps=2), SEEDS, [0])
    assert pool.reset()[0, 0] != 0
    pool.set_options({"spread": 0.0})
    for _ in range(2):
        observation, *_ = step(pool, [[0.0]])
    assert observation[0, 0] == 0
    pool.set_options(None)
    restored = SerialPool(partial(Reach, steps=2), SEEDS, [0])
    assert restored.restore(pool.state())[0, 0] == 0
    for _ in range(2):
        ours, *_ = step(pool, [[0.0]])
        theirs, *_ = step(restored, [[0.0]])
    assert ours[0, 0] == theirs[0, 0] != 0


def test_a_number_that_is_not_finite_is_reported_with_the_seed_that_repeats_it() -> None:
    pool = SerialPool(Broken, SEEDS, [0])
    pool.reset()
    with pytest.raises(PolicyError, match=rf"Broken answered step 3 .* {SEEDS(0, 0)} .*nan"):
        for _ in range(3):
            step(pool, [[0.0]])


def test_a_number_beside_an_image_that_is_not_finite_is_reported_by_its_name() -> None:
    pool = SerialPool(SeenBroken, SEEDS, [0])
    pool.reset()
    with pytest.raises(PolicyError, match=r"SeenBroken answered step 3 .* and clock \[nan, 1.0\]"):
        for _ in range(3):
            step(pool, [[0.0]])


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (np.nan, r"step 3 .* with reward .* and privileged \[nan\]$"),
        (None, r"step 3 .* without the info 'privileged' it promised"),
    ],
)
def test_what_is_told_in_training_alone_is_reported_by_its_name(
    told: float | None, said: str
) -> None:
    pool = SerialPool(partial(Promising, told), SEEDS, [0])
    pool.reset()
    with pytest.raises(PolicyError, match=said):
        for _ in range(3):
            step(pool, [[0.0]])


def test_images_and_numbers_travel_together_and_are_restored() -> None:
    pool, restored = (SerialPool(partial(SeenReach, steps=3), SEEDS, range(2)) for _ in range(2))
    pool.reset()
    for _ in range(4):
        observation, _, _, truncated, successor, _ = step(pool, [[0.5], [-0.5]])
        spec = SeenReach().observation_space
        for record in (*observation, *successor):
            assert spec.contains({name: record[name] for name in record.dtype.names})
        np.testing.assert_array_equal(successor["clock"][:, 0] == 0, truncated)
    np.testing.assert_array_equal(restored.restore(pool.state()), observation)


def test_an_environment_without_exact_replay_is_noticed_by_its_observation() -> None:
    pool = SerialPool(Forgetful, SEEDS, [0])
    observation = pool.reset()
    assert not np.array_equal(SerialPool(Forgetful, SEEDS, [0]).restore(pool.state()), observation)


def test_training_and_held_out_seeds_never_meet() -> None:
    training = {SEEDS(env, episode) for env in range(20) for episode in range(200)}
    assert len(training) > 3990
    assert min(training) >= 2**31
    held_out = HeldOutSeeds(2**31 - 2**20 - 1, 4)
    assert held_out(3, 1000) < 2**31
    for first in (-1, 2**31):
        with pytest.raises(PolicyError, match="held-out range"):
            HeldOutSeeds(first, 4)


def test_held_out_seeds_are_dealt_without_gap_or_repeat() -> None:
    plan = HeldOutSeeds(100, 3)
    assert sorted(plan(env, episode) for env in range(3) for episode in range(4)) == list(
        range(100, 112)
    )
