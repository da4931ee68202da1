import numpy as np
import pytest

from policies.nstep import NStepReturns, Transitions

GAMMA = 0.5


def run(
    n: int, rewards: list[float], terminated: list[bool], truncated: list[bool]
) -> list[tuple[int, float, int, float]]:
    """Return (observation, reward, next observation, discount) of every completed transition.

    The number of the frame seen at time t is t.
    """
    returns = NStepReturns(n, GAMMA, 1, 1)
    completed = []
    for t, reward in enumerate(rewards):
        batch = push(returns, [t], [reward], [t + 1], [terminated[t]], [truncated[t]])
        completed += zip(
            batch.observation.tolist(),
            batch.reward.tolist(),
            batch.next_observation.tolist(),
            batch.discount.tolist(),
            strict=True,
        )
    return completed


def push(
    returns: NStepReturns,
    observation: list[int],
    reward: list[float],
    successor: list[int],
    terminated: list[bool],
    truncated: list[bool],
) -> Transitions:
    return returns.push(
        observation=np.array(observation),
        action=np.array(observation, np.float32)[:, None],
        reward=np.array(reward, np.float32),
        next_observation=np.array(successor),
        terminated=np.array(terminated),
        truncated=np.array(truncated),
    )


def test_one_step_returns_are_the_plain_transitions() -> None:
    got = run(1, [1, 2, 3], [False, False, True], [False] * 3)
    assert got == [(0, 1, 1, 0.5), (1, 2, 2, 0.5), (2, 3, 3, 0.0)]


def test_n_rewards_are_summed_with_discount() -> None:
    got = run(3, [1, 2, 4, 8], [False] * 4, [False] * 4)
    assert got == [(0, 1 + 1 + 1, 3, 0.125), (1, 2 + 2 + 2, 4, 0.125)]


def test_a_termination_ends_every_open_sum_without_bootstrap() -> None:
    got = run(3, [1, 2, 4, 8], [False, True, False, False], [False] * 4)
    assert got == [(0, 2, 2, 0.0), (1, 2, 2, 0.0)]


def test_a_truncation_ends_every_open_sum_and_bootstraps_from_where_it_was_cut() -> None:
    got = run(3, [1, 2, 4, 8], [False] * 4, [False, True, False, False])
    assert got == [(0, 2, 2, 0.25), (1, 2, 2, 0.5)]


def test_no_sum_reaches_into_the_next_episode() -> None:
    got = run(2, [1, 100, 1000, 10000], [False] * 4, [True, False, False, False])
    assert got[0] == (0, 1, 1, 0.5)
    assert got[1] == (1, 100 + 500, 3, 0.25)


def test_environments_do_not_mix() -> None:
    returns = NStepReturns(2, GAMMA, 2, 1)
    first = push(returns, [0, 10], [1, 4], [1, 11], [False, True], [False, False])
    assert first.observation.tolist() == [10]
    assert first.discount.tolist() == [0]
    second = push(returns, [1, 20], [2, 8], [2, 21], [False, False], [False, False])
    assert second.observation.tolist() == [0]
    assert second.reward.tolist() == [1 + 1]


@pytest.mark.parametrize("n", [1, 3])
def test_restored_open_sums_complete_as_if_uninterrupted(n: int) -> None:
    def fresh() -> NStepReturns:
        return NStepReturns(n, GAMMA, 1, 1)

    original, restored = fresh(), fresh()
    push(original, [0], [1], [1], [False], [False])
    restored.load_state({name: array.copy() for name, array in original.state().items()})
    for t in range(1, 4):
        one, other = (push(r, [t], [t], [t + 1], [False], [False]) for r in (original, restored))
        np.testing.assert_array_equal(one.reward, other.reward)
        np.testing.assert_array_equal(one.observation, other.observation)
