"""One side of the race on panda-gym, in a process of its own: one thread on one core.

Its clock is its processor's time, which stands still while a policy is evaluated and while others
use the core: the wall clock of a machine that has nothing else to do.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import sim  # noqa: F401  imports PyBullet without its banner
from benchmarks.panda_courses import PandaCourse, panda_course
from policies.contract import Contract
from policies.engine.blas import limit_blas_threads
from policies.environments import make_environment, read_contract
from policies.evaluation import Act, held_out_pool, run_episodes
from policies.goals import GoalRewards
from policies.learner import Learner
from policies.pool import SerialPool
from policies.seeding import TrainingSeeds
from policies.session import Session

EPISODES, FIRST_SEED = 100, 12345
TARGET = 0.95
OURS, PEER = "twinarm", "stable-baselines3"

Point = tuple[float, int, float]
"""(seconds, steps, held-out success rate)."""
Learn = Callable[[], int]
"""Trains up to the next evaluation; returns the steps so far."""


def race_side(
    side: str, task: str, seed: int, deadline: float, core: int | None, told: Connection
) -> None:
    """Train ``side`` until it succeeds or `time.time` is ``deadline``; send its curve, a list of
    `Point`, at the end."""
    _keep_to_itself(core)
    course = panda_course(task)
    curve: list[Point] = [(0.0, 0, 0.0)]
    start = time.process_time()
    with ExitStack() as stack:
        make_env = partial(make_environment, course.config.env_id, {})
        contract = read_contract(make_env, course.config.env_id)
        enter = _ours if side == OURS else _peer
        learn, act = stack.enter_context(enter(course, contract, seed))
        seconds = time.process_time() - start
        pool = stack.enter_context(closing(held_out_pool(make_env, contract, EPISODES, FIRST_SEED)))
        while time.time() < deadline and curve[-1][2] < TARGET:
            start = time.process_time()
            steps = learn()
            seconds += time.process_time() - start
            curve.append((seconds, steps, _success(act, pool)))
            _tell(f"{side}, {task}, seed {seed}", curve[-1])
    told.send(curve)


def _keep_to_itself(core: int | None) -> None:
    """Stay on ``core``, in one thread."""
    limit_blas_threads(1)
    if core is not None:
        os.sched_setaffinity(0, {core})


@contextmanager
def _ours(course: PandaCourse, contract: Contract, seed: int) -> Iterator[tuple[Learn, Act]]:
    config = replace(course.config, seed=seed)
    make_env = partial(make_environment, config.env_id, {})
    with (
        closing(SerialPool(make_env, TrainingSeeds(seed), range(config.num_envs))) as pool,
        closing(make_env()) as judge,
    ):
        learner = Learner(config, contract, goal_rewards=GoalRewards(judge, contract))
        session = Session(config, contract, pool, learner)

        def learn() -> int:
            goal = session.counters.step + course.steps_between
            while session.counters.step < goal:
                session.advance()
            return session.counters.step

        yield learn, session.learner.exploit


@contextmanager
def _peer(course: PandaCourse, contract: Contract, seed: int) -> Iterator[tuple[Learn, Act]]:
    from benchmarks.panda_peer import HindsightPeer

    peer = HindsightPeer(course.config.env_id, course.peer, contract.observation, seed)

    def learn() -> int:
        peer.learn(course.steps_between)
        return peer.steps

    with closing(peer):
        yield learn, peer.act


def _success(act: Act, pool: Any) -> float:
    evaluation = run_episodes(act, pool, EPISODES, FIRST_SEED)
    assert evaluation is not None and evaluation.success_rate is not None
    return evaluation.success_rate


def _tell(who: str, point: Point) -> None:
    seconds, steps, rate = point
    print(f"  {who}: {seconds:6.1f} s, {steps:,} steps: {rate:.0%}", file=sys.stderr, flush=True)
