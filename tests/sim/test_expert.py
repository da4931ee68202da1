from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context

import pytest
from grasp_rollouts import expert_misses

from policies.statistics import wilson_interval

PROCESSES = 2


@pytest.mark.parametrize("episodes", [40, pytest.param(300, marks=pytest.mark.slow)])
def test_the_scripted_expert_grasps_99_percent(episodes: int) -> None:
    parts = [range(start, episodes, PROCESSES) for start in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as processes:
        missed = list(chain(*processes.map(expert_misses, parts)))
    grasped = episodes - len(missed)
    low, high = wilson_interval(grasped, episodes)
    assert grasped >= 0.99 * episodes, (
        f"{grasped} of {episodes} (95 % interval {low:.3f} to {high:.3f}), missed seeds {missed}"
    )
