"""Measures a policy on episodes whose seeds it never trained on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from statistics import fmean, pstdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.contract import Contract
from policies.environments import MakeEnv
from policies.errors import PolicyError
from policies.pool import EnvPool, PoolFactory, SerialPool, in_process
from policies.seeding import HeldOutSeeds
from policies.statistics import wilson_interval

Array = NDArray[np.float32]
Act = Callable[[NDArray[Any]], Array]
"""Packed observations [n, ...] to actions [n, a] in [-1, 1]."""

OnEpisode = Callable[[dict[str, Any]], bool]

MAX_ENVS = 8
"""Environments stepped together; fixed, so that results do not depend on the workers."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a policy did; `None` where the environment does not report success.

    ci95: Wilson 95 % interval of the success rate.
    seeds: first and last reset seed, inclusive.
    """

    episodes: int
    successes: int | None
    success_rate: float | None
    ci95: tuple[float, float] | None
    mean_return: float
    std_return: float
    seeds: tuple[int, int]

    @property
    def score(self) -> tuple[float, float]:
        """Return what is compared to find the better policy: success rate, then return."""
        return self.success_rate or 0.0, self.mean_return

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return asdict(self)


def held_out_pool(
    make_env: MakeEnv,
    contract: Contract,
    episodes: int,
    first_seed: int,
    make_pool: PoolFactory = in_process,
) -> EnvPool:
    """Return the pool that `run_episodes` wants: its environments are few if ``episodes`` are.

    Raises PolicyError if ``episodes`` or ``first_seed`` is out of range.
    """
    if episodes < 1:
        raise PolicyError(f"cannot evaluate on {episodes} episodes; at least 1 is needed")
    num_envs = min(episodes, MAX_ENVS)
    make_part = partial(SerialPool, make_env, HeldOutSeeds(first_seed, num_envs))
    spec = contract.observation
    return make_pool(make_part, num_envs, spec.shape, spec.dtype, contract.action_size)


def evaluate(
    act: Act,
    make_env: MakeEnv,
    contract: Contract,
    *,
    episodes: int,
    first_seed: int,
    make_pool: PoolFactory = in_process,
    on_episode: OnEpisode | None = None,
) -> Evaluation | None:
    """Run ``episodes`` episodes with the reset seeds first_seed … first_seed + episodes - 1.

    The result is the same wherever ``make_pool`` runs the environments. ``on_episode`` gets the
    info of each ended episode; its False abandons the evaluation, which then returns None.
    """
    with closing(held_out_pool(make_env, contract, episodes, first_seed, make_pool)) as pool:
        return run_episodes(act, pool, episodes, first_seed, on_episode)


def run_episodes(
    act: Act,
    pool: EnvPool,
    episodes: int,
    first_seed: int,
    on_episode: OnEpisode | None = None,
) -> Evaluation | None:
    """Evaluate as `evaluate` does, in a pool from `held_out_pool` that the caller keeps."""
    wanted = range(first_seed, first_seed + episodes)
    infos: dict[int, dict[str, Any]] = {}
    observation = pool.reset()
    while len(infos) < episodes:
        pool.send(act(observation))
        observation, *_, ended = pool.recv()
        for info in ended:
            if info["seed"] in wanted:
                infos[info["seed"]] = info
                if on_episode is not None and not on_episode(info):
                    return None
    return _summarise([infos[seed] for seed in wanted])


def _summarise(infos: list[dict[str, Any]]) -> Evaluation:
    returns = [info["return"] for info in infos]
    judged = all("is_success" in info for info in infos)
    successes = sum(bool(info["is_success"]) for info in infos) if judged else None
    return Evaluation(
        episodes=len(infos),
        successes=successes,
        success_rate=None if successes is None else successes / len(infos),
        ci95=None if successes is None else wilson_interval(successes, len(infos)),
        mean_return=fmean(returns),
        std_return=pstdev(returns),
        seeds=(infos[0]["seed"], infos[-1]["seed"]),
    )
