"""Control steps a second of the state environment, beside the physics inside them."""

import time
from statistics import median
from typing import Any

import numpy as np

from sim.grasp_env import GraspEnv

NAME = "env-rate"

WARM_UP = 2
"""Episodes that are played but not measured."""


def run(episodes: int = 20) -> dict[str, float | int | str | None]:
    """Play seeded episodes of random actions on one core and take medians over them.

    steps_per_s: control steps of 50 ms, resets and final grasps included. raw_steps_per_s: what
    it would be if nothing but the episode's own ``stepSimulation`` calls took time. They are
    timed inside these very episodes, because PyBullet's solver stops early where little moves:
    the same number of calls in a scene at rest would be less work.
    """
    env = GraspEnv()
    watch = StopWatch(env.scene.world, "step")
    rates, raw_rates = [], []
    for episode in range(WARM_UP + episodes):
        watch.seconds = 0.0
        start = time.perf_counter()
        steps = play(env, seed=episode)
        rates.append(steps / (time.perf_counter() - start))
        raw_rates.append(steps / watch.seconds)
    env.close()
    rates, raw_rates = rates[WARM_UP:], raw_rates[WARM_UP:]
    return {
        "steps_per_s": median(rates),
        "raw_steps_per_s": median(raw_rates),
        "fraction_of_raw": median(rate / raw for rate, raw in zip(rates, raw_rates, strict=True)),
        "episodes": episodes,
    }


class StopWatch:
    """Adds up the time spent inside a method of ``owner``: two clock readings a call."""

    def __init__(self, owner: object, method: str) -> None:
        self.seconds = 0.0
        self._call = getattr(owner, method)
        setattr(owner, method, self._timed)

    def _timed(self, *arguments: Any) -> Any:
        start = time.perf_counter()
        answer = self._call(*arguments)
        self.seconds += time.perf_counter() - start
        return answer


def play(env: GraspEnv, seed: int) -> int:
    """Play one episode of random actions and return its control steps."""
    actions = np.random.default_rng(seed).uniform(-1.0, 1.0, (env.task.config.steps, 2))
    env.reset(seed=seed)
    for action in actions.astype(np.float32):
        env.step(action)
    return len(actions)
