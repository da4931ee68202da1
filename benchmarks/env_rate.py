"""Control steps a second of the state environment, beside the physics inside them."""

import time
from statistics import median

import numpy as np

from sim.grasp_env import GraspEnv
from sim.world import World

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
    watch = _StopWatch(env.scene.world)
    rates, raw_rates = [], []
    for episode in range(WARM_UP + episodes):
        watch.seconds = 0.0
        start = time.perf_counter()
        steps = _play(env, seed=episode)
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


class _StopWatch:
    """Adds up the time spent inside a world's steps: two clock readings for twelve of them."""

    def __init__(self, world: World) -> None:
        self.seconds = 0.0
        self._step = world.step
        world.step = self._timed  # type: ignore[method-assign]

    def _timed(self, count: int = 1) -> None:
        start = time.perf_counter()
        self._step(count)
        self.seconds += time.perf_counter() - start


def _play(env: GraspEnv, seed: int) -> int:
    """Play one episode of random actions and return its control steps."""
    actions = np.random.default_rng(seed).uniform(-1.0, 1.0, (env.task.config.steps, 2))
    env.reset(seed=seed)
    for action in actions.astype(np.float32):
        env.step(action)
    return len(actions)
