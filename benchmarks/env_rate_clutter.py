"""Control steps a second of the depth environment of the full task, with clutter and without."""

import time
from statistics import median

from benchmarks.env_rate import WARM_UP
from robot.full_task import FullGraspTask
from sim.depth_env import DepthGraspEnv
from sim.full_expert import FullGraspExpert

NAME = "env-rate-clutter"


def run(episodes: int = 20) -> dict[str, float | int | str | None]:
    """Let the scripted expert play seeded episodes of both in turns, on one core.

    In default randomization at 32 px. steps_per_s: control steps of 50 ms, resets included.
    reset_ms: of them, a reset. ratio: of the rates with clutter and with one block. All medians
    over episodes, of processor time: one process without waits.
    """
    envs = [
        DepthGraspEnv(randomization="default", task="full", clutter=clutter)
        for clutter in (None, "train")
    ]
    costs: list[list[tuple[float, float]]] = [[], []]
    for episode in range(WARM_UP + episodes):
        for env, measured in zip(envs, costs, strict=True):
            measured.append(_play(env, episode))
    for env in envs:
        env.close()
    (block_step, block_reset), (step, reset) = (
        tuple(map(median, zip(*measured[WARM_UP:], strict=True))) for measured in costs
    )
    return {
        "steps_per_s": 1.0 / step,
        "steps_per_s_one_block": 1.0 / block_step,
        "ratio": block_step / step,
        "reset_ms": 1e3 * reset,
        "reset_ms_one_block": 1e3 * block_reset,
        "episodes": episodes,
    }


def _play(env: DepthGraspEnv, seed: int) -> tuple[float, float]:
    """Play an episode; return what a step of it took, and its reset [s]."""
    task, scene = env.task, env.scene
    assert isinstance(task, FullGraspTask)
    expert = FullGraspExpert(task)
    start = time.process_time()
    env.reset(seed=seed)
    reset = time.process_time() - start
    steps, over = 0, False
    while not over:
        action = expert.act(task.observation(scene.arm.state(), scene.block()))
        _, _, terminated, truncated, _ = env.step(action)
        steps, over = steps + 1, terminated or truncated
    return (time.process_time() - start) / steps, reset
