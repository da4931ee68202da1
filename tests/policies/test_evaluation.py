from typing import Any

import numpy as np
import pytest
from tiny_envs import Reach

from policies.contract import Contract
from policies.errors import PolicyError
from policies.evaluation import Evaluation, evaluate
from policies.observation import ObservationSpec

CONTRACT = Contract("Reach-v0", ObservationSpec(1), (-0.5,), (0.5,))


def go_to_target(observation: Any) -> Any:
    return np.clip(2 * observation, -1, 1)


def stay(observation: Any) -> Any:
    return np.zeros_like(observation)


def measure(act: Any, episodes: int, first_seed: int = 40, **options: Any) -> Evaluation:
    evaluation = evaluate(act, Reach, CONTRACT, episodes=episodes, first_seed=first_seed, **options)
    assert evaluation is not None
    return evaluation


def offset_at_start(seed: int) -> float:
    return float(Reach().reset(seed=seed)[0][0])


def test_a_policy_that_reaches_succeeds_in_every_episode() -> None:
    evaluation = measure(go_to_target, 30)
    assert (evaluation.episodes, evaluation.successes, evaluation.success_rate) == (30, 30, 1.0)
    assert evaluation.ci95 == (pytest.approx(0.8865, abs=1e-4), 1.0)
    assert evaluation.seeds == (40, 69)


@pytest.mark.parametrize("episodes", [1, 5, 8, 37])
def test_exactly_the_episodes_of_the_seeds_asked_for_are_counted(episodes: int) -> None:
    evaluation = measure(stay, episodes)
    distances = np.array([abs(offset_at_start(40 + i)) for i in range(episodes)])
    assert evaluation.successes == (distances < 0.1).sum()
    assert evaluation.mean_return == pytest.approx(-8 * distances.mean(), rel=1e-5)
    assert evaluation.std_return == pytest.approx(8 * distances.std(), rel=1e-5, abs=1e-9)


class Uneven(Reach):
    """Ends after as many steps as its seed says, so that some environments run ahead."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.steps = 1 + 5 * (seed or 0) % 23
        return super().reset(seed=seed, options=options)


def test_environments_that_run_ahead_do_not_count_in_place_of_slow_ones() -> None:
    seen: list[int] = []
    evaluation = evaluate(
        stay,
        Uneven,
        CONTRACT,
        episodes=20,
        first_seed=40,
        on_episode=lambda info: seen.append(info["seed"]) is None,
    )
    assert sorted(seen) == list(range(40, 60))
    assert evaluation is not None
    returns = [-(1 + 5 * seed % 23) * abs(offset_at_start(seed)) for seed in range(40, 60)]
    assert evaluation.mean_return == pytest.approx(np.mean(returns), rel=1e-5)


def test_an_evaluation_can_be_abandoned() -> None:
    seen: list[dict[str, Any]] = []

    def twice(info: dict[str, Any]) -> bool:
        seen.append(info)
        return len(seen) < 2

    got = evaluate(stay, Reach, CONTRACT, episodes=20, first_seed=0, on_episode=twice)
    assert got is None
    assert len(seen) == 2


def test_an_evaluation_of_no_episodes_is_refused() -> None:
    with pytest.raises(PolicyError, match="at least 1"):
        measure(stay, 0)


def test_success_counts_more_than_return() -> None:
    good = measure(go_to_target, 10)
    assert good.score > measure(stay, 10).score
    lucky = Evaluation(10, 2, 0.2, (0.0, 1.0), 1e9, 0.0, (0, 9))
    assert good.score > lucky.score
