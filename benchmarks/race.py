"""Wall clock from nothing to a policy that succeeds: ours, and then a peer, on the same task.

The clock runs while they train (simulation included) and stands still while a policy is
evaluated, greedily, on the same 100 held-out episodes. Success is the first evaluation with 95
of them.
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

import sim  # noqa: F401  registers our environments
from benchmarks.race_peer import MakePeer, missing_peer
from cli.pools import pool_of
from policies.config import TrainConfig
from policies.contract import Contract
from policies.curriculum import Curriculum
from policies.environments import make_environment, read_contract
from policies.errors import PolicyError
from policies.evaluation import Act, held_out_pool, run_episodes
from policies.learner import Learner
from policies.pool import EnvPool, SerialPool
from policies.seeding import TrainingSeeds
from policies.session import Session

EPISODES, FIRST_SEED = 100, 12345
TARGET, FLOOR = 0.95, 0.90

Judge = Callable[[Act], float]
Advance = Callable[[int], object]
Curves = dict[str, list[tuple[float, int, float]]]


@dataclass(frozen=True)
class Course:
    """What both train on, and for how long."""

    config: TrainConfig
    """The settings of ours; a seed replaces its seed."""
    make_peer: MakePeer
    """Makes the other side, with the same settings as far as it has them."""
    patience: float
    """The peer is cut off at this many times our median."""
    hold: float
    """After success ours goes on for this many times as long; below FLOOR it has fallen."""
    steps_between: int
    """Steps between two evaluations on the way to success."""
    steps_after: int
    """The same, after it."""


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


def run_race(course: Course, seeds: tuple[int, ...], peers: bool) -> dict[str, Any]:
    """Race every seed; the peer only as long as the ``course`` allows.

    Beside the figures, ``curves`` holds (seconds, steps, success rate) of every evaluation.
    """
    curves: Curves = {}
    config = course.config
    make_env = partial(make_environment, config.env_id, config.env_kwargs)
    contract = read_contract(make_env, config.env_id)
    with closing(held_out_pool(make_env, contract, EPISODES, FIRST_SEED, pool_of(2))) as pool:
        judge = partial(_success, pool)
        results = [_ours(course, seed, contract, judge, curves) for seed in seeds]
        ours = median(result[0] for result in results)
        limit = course.patience * ours
        missing = missing_peer() if peers else "not asked for"
        entrants = () if missing else seeds
        theirs = [_peer(course, seed, limit, judge, curves) for seed in entrants]
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
    note = f"{cut} of {len(theirs)} seeds cut off at {course.patience:g} x our time"
    return figures | {"peer_cut_off": note if cut else "none"}


def _success(pool: EnvPool, act: Act) -> float:
    evaluation = run_episodes(act, pool, EPISODES, FIRST_SEED)
    assert evaluation is not None and evaluation.success_rate is not None
    return evaluation.success_rate


def _ours(
    course: Course, seed: int, contract: Contract, judge: Judge, curves: Curves
) -> tuple[float, int, float]:
    """Return seconds and steps to success, and the lowest success rate after it."""
    config = replace(course.config, seed=seed)
    start = time.perf_counter()
    with closing(_training_pool(config, contract)) as pool:
        session = Session(config, contract, pool, Learner(config, contract), _curriculum(config))
        race = Race(f"twinarm, seed {seed}", time.perf_counter() - start)
        curves[race.who] = race.curve

        def advance(steps: int) -> None:
            for _ in range(steps // config.num_envs):
                session.advance()

        def next_rate(steps: int) -> float:
            race.train(advance, steps)
            return race.judge(session.learner.exploit, judge)

        while next_rate(course.steps_between) < TARGET:
            if race.steps >= config.total_steps:
                raise PolicyError(f"{race.who} did not succeed within {race.steps:,} steps")
        seconds, steps = race.seconds, race.steps
        lowest = 1.0
        while race.seconds < (1.0 + course.hold) * seconds:
            lowest = min(lowest, next_rate(course.steps_after))
    return seconds, steps, lowest


def _training_pool(config: TrainConfig, contract: Contract) -> EnvPool:
    make_env = partial(make_environment, config.env_id, config.env_kwargs)
    part = partial(SerialPool, make_env, TrainingSeeds(config.seed))
    make_pool = pool_of(2)
    spec = contract.observation
    return make_pool(part, config.num_envs, spec.shape, spec.dtype, contract.action_size)


def _curriculum(config: TrainConfig) -> Curriculum | None:
    if config.curriculum == "off":
        return None
    make_env = partial(make_environment, config.env_id, config.env_kwargs)
    return Curriculum.read(make_env, config.env_id, config.gate)


def _peer(
    course: Course, seed: int, limit: float, judge: Judge, curves: Curves
) -> tuple[float, bool]:
    """Return seconds to success, or to being cut off, and whether it succeeded."""
    start = time.perf_counter()
    with closing(course.make_peer(replace(course.config, seed=seed))) as peer:
        race = Race(f"stable-baselines3, seed {seed}", time.perf_counter() - start)
        curves[race.who] = race.curve
        while race.seconds < limit:
            race.train(peer.learn, course.steps_between)
            if race.judge(peer.act, judge) >= TARGET:
                return race.seconds, True
    return limit, False
