"""One SAC gradient step on pictures: ours and stable-baselines3's with the same layer widths."""

from __future__ import annotations

import numpy as np

from benchmarks.sac_sides import Memories, our_step, peer_step
from benchmarks.timing import Contender, interleave
from policies.observation import ImagePart, ObservationSpec
from policies.sac import SACConfig

NAME = "sac-update-depth"

IMAGE, ACTION, STORED = (64, 64, 1), 4, 2_000

NATURE, FEATURES = "32k8s4 64k4s2 64k3s1", 512
"""Convolutions and features of Mnih et al. 2015, "Human-level control through deep
reinforcement learning": what stable-baselines3's CnnPolicy has by default."""

SPEC = ObservationSpec(1, "clock", ImagePart("depth", IMAGE))
"""Ours always sees a number beside the picture; the peer sees the picture alone."""


def run(threads: int = 2, rounds: int = 7, steps: int = 5) -> dict[str, float | int | str | None]:
    """Measure medians over interleaved rounds, both sides on the same number of threads.

    Each side draws its batch from its replay buffer in each step.
    """
    config = SACConfig(
        hidden=(256, 256), batch_size=256, encoder=NATURE, latent=FEATURES, threads=threads
    )
    ours, theirs = _memories()
    contenders = {"ours": Contender(our_step(SPEC, config, ours), 1)}
    peer, missing = peer_step("CnnPolicy", 0, 255, config, theirs, threads)
    if peer is not None:
        contenders["peer"] = Contender(peer, threads)
    times = interleave(contenders, rounds, steps)
    figures: dict[str, float | int | str | None] = {
        "ours_ms": times["ours"],
        "peer_ms": times.get("peer"),
        "speedup_vs_peer": times["peer"] / times["ours"] if peer else None,
        "threads": threads,
    }
    return figures | ({"missing": missing} if missing else {})


def _memories() -> tuple[Memories, Memories]:
    """Return the same transitions as records, and as bare pictures."""
    rng = np.random.default_rng(0)
    records = np.zeros(STORED + 1, SPEC.dtype)
    records["depth"] = rng.integers(0, 256, (STORED + 1, *IMAGE), np.uint8)
    return Memories.draw(records, ACTION), Memories.draw(records["depth"], ACTION)
