"""Wall clock from nothing to a policy that grasps, ours and stable-baselines3's SAC.

Both train on ``twinarm/DofbotGrasp-v0`` over the full area with the same settings, but for the
temperature: stable-baselines3 tunes it with the learning rate of the networks. The clock
runs while they train (simulation included) and stands still while a policy is evaluated, greedily,
on the same 100 held-out episodes. Success is the first evaluation with 95 of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sim  # noqa: F401  registers our environments
from cli.pools import pool_of
from cli.presets import GRASP, preset
from policies.config import TrainConfig
from policies.contract import Contract
from policies.environments import make_environment, read_contract
from policies.evaluation import Act, held_out_pool, run_episodes
from policies.pool import EnvPool, SerialPool
from policies.seeding import TrainingSeeds
from policies.session import Session

NAME = "time-to-success"

EPISODES, FIRST_SEED = 100, 12345
TARGET, FLOOR = 0.95, 0.90
STEPS_BETWEEN, STEPS_BETWEEN_AFTER = 800, 2_400
HOLD = 3.0
"""After success training goes on for this many times as long; below FLOOR it has fallen."""
PATIENCE = 10.0
"""The peer is cut off at this many times our median."""

Judge = Callable[[Act], float]
Advance = Callable[[int], object]
Curves = dict[str, list[tuple[float, int, float]]]


@dataclass(slots=True)
class Race:
    """One training under the clock. curve: (seconds, steps, held-out success rate)."""

    who: str
    seconds: float
    steps: int = 0
    curve: list[tuple[float, int, float]] = field(default_factory=list)

    def train(self, advance: Advance, steps: int) -> None:
        """Run ``advance(steps)`` under the clock."""
        start = time.perf_counter()
        advance(steps)
        self.seconds += time.perf_counter() - start
        self.steps += steps

    def judge(self, act: Act, judge: Judge) -> float:
        """Evaluate with the clock stopped."""
        rate = judge(act)
        self.curve.append((self.seconds, self.steps, rate))
        print(
            f"  {self.who}: {self.seconds:6.1f} s, {self.steps:,} steps: {rate:.0%}",
            file=sys.stderr,
        )
        return rate


def run(seeds: tuple[int, ...] = (0, 1, 2), peers: bool = True) -> dict[str, Any]:
    """Race every seed; the peer only as long as `PATIENCE` allows.

    Beside the figures, ``curves`` holds (seconds, steps, success rate) of every evaluation.
    """
    curves: Curves = {}
    make_env = partial(make_environment, GRASP, {})
    contract = read_contract(make_env, GRASP)
    pool = held_out_pool(make_env, contract, EPISODES, FIRST_SEED, pool_of(2))
    with closing(pool):
        judge = partial(_success, pool)
        results = [_ours(seed, contract, judge, curves) for seed in seeds]
        ours = median(result[0] for result in results)
        limit = PATIENCE * ours
        theirs, missing = _peers(seeds, limit, judge, curves) if peers else ([], "not asked for")
    figures: dict[str, Any] = {
        "curves": curves,
        "ours_s": ours,
        "ours_s_by_seed": ", ".join(f"{seconds:.1f}" for seconds, _, _ in results),
        "ours_steps": int(median(steps for _, steps, _ in results)),
        "lowest_success_after": min(lowest for _, _, lowest in results),
        "seeds_that_fell": sum(lowest < FLOOR for _, _, lowest in results),
        "peer_s": None,
        "speedup_vs_peer": None,
    }
    if not theirs:
        return figures | {"missing": missing}
    peer = median(seconds for seconds, _ in theirs)
    by_seed = ", ".join(f"{seconds:.1f}" for seconds, _ in theirs)
    figures |= {"peer_s": peer, "peer_s_by_seed": by_seed, "speedup_vs_peer": peer / ours}
    cut = sum(not reached for _, reached in theirs)
    note = f"{cut} of {len(theirs)} seeds cut off at {PATIENCE:.0f} x our time" if cut else "none"
    return figures | {"peer_cut_off": note}


def _success(pool: EnvPool, act: Act) -> float:
    evaluation = run_episodes(act, pool, EPISODES, FIRST_SEED)
    assert evaluation is not None and evaluation.success_rate is not None
    return evaluation.success_rate


def _ours(seed: int, contract: Contract, judge: Judge, curves: Curves) -> tuple[float, int, float]:
    """Return seconds and steps to success, and the lowest success rate after it."""
    config = replace(preset(GRASP), seed=seed)
    start = time.perf_counter()
    with closing(_training_pool(config, contract)) as pool:
        session = Session(config, contract, pool)
        race = Race(f"twinarm, seed {seed}", time.perf_counter() - start)
        curves[race.who] = race.curve

        def advance(steps: int) -> None:
            for _ in range(steps // config.num_envs):
                session.advance()

        def next_rate(steps: int) -> float:
            race.train(advance, steps)
            return race.judge(session.learner.exploit, judge)

        while next_rate(STEPS_BETWEEN) < TARGET:
            pass
        seconds, steps = race.seconds, race.steps
        lowest = 1.0
        while race.seconds < (1.0 + HOLD) * seconds:
            lowest = min(lowest, next_rate(STEPS_BETWEEN_AFTER))
    return seconds, steps, lowest


def _training_pool(config: TrainConfig, contract: Contract) -> EnvPool:
    make_env = partial(make_environment, config.env_id, config.env_kwargs)
    part = partial(SerialPool, make_env, TrainingSeeds(config.seed))
    make_pool = pool_of(2)
    spec = contract.observation
    return make_pool(part, config.num_envs, spec.shape, spec.dtype, contract.action_size)


def _peers(
    seeds: tuple[int, ...], limit: float, judge: Judge, curves: Curves
) -> tuple[list[tuple[float, bool]], str]:
    try:
        import stable_baselines3  # noqa: F401
        import torch
    except ImportError as error:
        return [], f"{error.name} is not installed: pip install 'twinarm[bench]'"
    torch.set_num_threads(preset(GRASP).sac.threads)
    return [_peer(seed, limit, judge, curves) for seed in seeds], ""


def _peer(seed: int, limit: float, judge: Judge, curves: Curves) -> tuple[float, bool]:
    """Return seconds to success, or to being cut off, and whether it succeeded."""
    import gymnasium
    from stable_baselines3 import SAC
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import DummyVecEnv

    config = replace(preset(GRASP), seed=seed)

    def make() -> Monitor[NDArray[np.float32], NDArray[np.float32]]:
        return Monitor(gymnasium.make(f"sim:{GRASP}"))

    start = time.perf_counter()
    # In one process: on two cores its SubprocVecEnv steps no faster and takes 5 s to start.
    envs = DummyVecEnv([make] * config.num_envs)
    model = SAC(
        "MlpPolicy",
        envs,
        learning_rate=config.sac.learning_rate,
        buffer_size=config.replay_capacity,
        learning_starts=config.start_steps,
        batch_size=config.sac.batch_size,
        tau=config.sac.tau,
        gamma=config.sac.gamma,
        train_freq=1,
        gradient_steps=round(config.updates_per_step * config.num_envs),
        ent_coef=f"auto_{config.sac.init_alpha}",
        policy_kwargs={"net_arch": list(config.sac.hidden)},
        seed=seed,
        device="cpu",
    )
    race = Race(f"stable-baselines3, seed {seed}", time.perf_counter() - start)
    curves[race.who] = race.curve

    def advance(steps: int) -> None:
        model.learn(steps, reset_num_timesteps=False)

    def act(observation: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(model.predict(observation, deterministic=True)[0], np.float32)

    with closing(envs):
        while race.seconds < limit:
            race.train(advance, STEPS_BETWEEN)
            if race.judge(act, judge) >= TARGET:
                return race.seconds, True
    return limit, False
