"""Wall clock from nothing to a policy that grasps, ours and stable-baselines3's SAC.

Both train on ``twinarm/DofbotGrasp-v0`` over the full area with the same settings, but for the
temperature: stable-baselines3 tunes it with the learning rate of the networks.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.race import Course, run_race
from benchmarks.race_peer import Peer
from cli.presets import GRASP, preset

NAME = "time-to-success"


def run(
    seeds: tuple[int, ...] = (0, 1, 2), peers: bool = True, patience: float = 10.0
) -> dict[str, Any]:
    """Race every seed; the peer at most ``patience`` times as long as ours took."""
    course = Course(
        config=preset(GRASP),
        make_peer=partial(Peer, policy="MlpPolicy", policy_kwargs={}),
        patience=patience,
        hold=3.0,
        steps_between=800,
        steps_after=2_400,
    )
    return run_race(course, seeds, peers)
