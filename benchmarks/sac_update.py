"""One SAC gradient step: ours, stable-baselines3's, and the bare matrix products in it."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import Contender, Step, interleave
from policies.batch import Batch
from policies.engine.shared import Place
from policies.engine.team import Team
from policies.nstep import Transitions
from policies.observation import ObservationSpec
from policies.replay import ReplayBuffer
from policies.sac import SAC, SACConfig

NAME = "sac-update"

OBSERVATION, ACTION, HIDDEN, BATCH, STORED = 12, 4, 256, 256, 20_000

PRODUCTS = 16
"""Products of hidden layer size in a step, [b, h] by [h, h] or as large. Forward: the actor on
s and on s', two targets, two critics on the batch and two on the new action. Backward: two a
critic and two of the actor with weights, one a critic without."""


def run(threads: int = 2, rounds: int = 15, steps: int = 20) -> dict[str, float | int | str | None]:
    """Measure medians over interleaved rounds, every side on the same number of threads.

    Ours and the peer draw their batch from a replay buffer in each step. The floor is the
    faster of two ways to run the products on these threads: BLAS splitting each, or each
    process taking its share of the rows.
    """
    contenders = {
        "ours": Contender(_ours(threads), 1),
        "floor_blas": Contender(Team(1, Products).member, threads),
        "floor_rows": Contender(partial(Team(threads, Products).step, _nothing), 1),
    }
    peer, missing = _peer(threads)
    if peer is not None:
        contenders["peer"] = Contender(peer, threads)
    times = interleave(contenders, rounds, steps)
    floor = min(times["floor_blas"], times["floor_rows"])
    figures: dict[str, float | int | str | None] = {
        "ours_ms": times["ours"],
        "peer_ms": times.get("peer"),
        "floor_ms": floor,
        "speedup_vs_peer": times["peer"] / times["ours"] if peer else None,
        "ratio_to_floor": times["ours"] / floor,
        "floor_blas_ms": times["floor_blas"],
        "floor_rows_ms": times["floor_rows"],
        "threads": threads,
    }
    return figures | ({"missing": missing} if missing else {})


def _transitions(count: int) -> Batch:
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> NDArray[np.float32]:
        return rng.standard_normal(shape, np.float32)

    return Batch(
        observation=draw(count, OBSERVATION),
        action=np.tanh(draw(count, ACTION)),
        reward=draw(count),
        next_observation=draw(count, OBSERVATION),
        discount=np.full(count, 0.99, np.float32),
    )


def _ours(threads: int) -> Step:
    config = SACConfig(hidden=(HIDDEN, HIDDEN), batch_size=BATCH, threads=threads)
    learner = SAC(ObservationSpec(OBSERVATION), ACTION, config, seed=0)
    replay = ReplayBuffer(STORED, ObservationSpec(OBSERVATION), ACTION)
    stored = _transitions(STORED)
    seen = replay.see(np.concatenate([stored.observation, stored.next_observation[-1:]]))
    replay.add(Transitions(seen[:-1], stored.action, stored.reward, seen[1:], stored.discount))
    rng = np.random.default_rng(1)

    def step() -> None:
        learner.update(replay.sample(rng, BATCH), metrics=False)

    return step


class Products:
    """The products of a step over one process's share of the rows of the batch."""

    def __init__(self, _place: Place, _rank: int, size: int, _meet: Step) -> None:
        rng, rows = np.random.default_rng(2), BATCH // size

        def draw(*shape: int) -> NDArray[np.float32]:
            return rng.standard_normal(shape, np.float32)

        self._operands = [
            (draw(rows, HIDDEN), draw(HIDDEN, HIDDEN), draw(rows, HIDDEN)) for _ in range(PRODUCTS)
        ]

    def __call__(self) -> None:
        """Write every product."""
        for x, y, out in self._operands:
            np.matmul(x, y, out)


def _nothing() -> None:
    pass


def _peer(threads: int) -> tuple[Step | None, str]:
    try:
        import gymnasium
        import stable_baselines3
        import torch
        from stable_baselines3.common.logger import configure
    except ImportError as error:
        return None, f"{error.name} is not installed: pip install 'twinarm[bench]'"
    torch.set_num_threads(threads)

    class Spaces(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
        """An environment that is only looked at, never stepped."""

        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (OBSERVATION,), np.float32)
        action_space = gymnasium.spaces.Box(-1.0, 1.0, (ACTION,), np.float32)

    model = stable_baselines3.SAC(
        "MlpPolicy",
        Spaces(),
        policy_kwargs={"net_arch": [HIDDEN, HIDDEN]},
        batch_size=BATCH,
        buffer_size=STORED,
        device="cpu",
    )
    model.set_logger(configure(None, []))
    stored, memory = _transitions(STORED), model.replay_buffer
    memory.observations[:, 0], memory.next_observations[:, 0] = (
        stored.observation,
        stored.next_observation,
    )
    memory.actions[:, 0], memory.rewards[:, 0] = stored.action, stored.reward
    memory.full = True
    return partial(model.train, gradient_steps=1, batch_size=BATCH), ""
