"""Control steps a second of the depth environment, and what they are spent on."""

import time
from statistics import median

from benchmarks.env_rate import WARM_UP, StopWatch, play
from sim.depth_env import DepthGraspEnv

NAME = "env-rate-depth"


def run(episodes: int = 20) -> dict[str, float | int | str | None]:
    """Play seeded episodes of random actions on one core and take medians over them.

    steps_per_s: control steps of 50 ms at 32 px, resets and final grasps included.
    steps_per_s_randomized: the same in the default randomization. physics_us, rendering_us,
    rest_us: what a step of the first costs inside PyBullet's simulation, inside the camera, and
    elsewhere.
    """
    nominal, randomized = _measure("off", episodes), _measure("default", episodes)
    whole, physics, rendering = (median(costs) for costs in zip(*nominal, strict=True))
    return {
        "steps_per_s": 1e6 / whole,
        "steps_per_s_randomized": 1e6 / median(costs[0] for costs in randomized),
        "physics_us": physics,
        "rendering_us": rendering,
        "rest_us": median(whole - physics - drawn for whole, physics, drawn in nominal),
        "image_size": 32,
        "episodes": episodes,
    }


def _measure(randomization: str, episodes: int) -> list[tuple[float, float, float]]:
    """Return what a step of each episode cost: in all, of physics, of rendering [us]."""
    env = DepthGraspEnv(image_size=32, randomization=randomization)
    physics = StopWatch(env.scene.world, "step")
    rendering = StopWatch(env.camera.camera, "depth")
    costs = []
    for episode in range(WARM_UP + episodes):
        physics.seconds = rendering.seconds = 0.0
        start = time.perf_counter()
        steps = play(env, seed=episode)
        whole = time.perf_counter() - start
        costs.append((whole, physics.seconds, rendering.seconds))
    env.close()
    return [tuple(1e6 * cost / steps for cost in one) for one in costs[WARM_UP:]]  # type: ignore[misc]
