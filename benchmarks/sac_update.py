"""One SAC gradient step: ours, stable-baselines3's, and the bare matrix products in it."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.sac_sides import Memories, our_step, peer_step
from benchmarks.timing import Contender, Step, interleave
from policies.engine.shared import Place
from policies.engine.team import Team
from policies.observation import ObservationSpec
from policies.sac import SACConfig

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
    config = SACConfig(hidden=(HIDDEN, HIDDEN), batch_size=BATCH, threads=threads)
    observations = np.random.default_rng(0).standard_normal((STORED + 1, OBSERVATION), np.float32)
    memories = Memories.draw(observations, ACTION)
    contenders = {
        "ours": Contender(our_step(ObservationSpec(OBSERVATION), config, memories), 1),
        "floor_blas": Contender(Team(1, Products).member, threads),
        "floor_rows": Contender(partial(Team(threads, Products).step, _nothing), 1),
    }
    peer, missing = peer_step("MlpPolicy", -np.inf, np.inf, config, memories, threads)
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
