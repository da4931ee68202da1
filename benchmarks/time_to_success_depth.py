"""Wall clock from nothing to a policy that grasps what it sees, ours and stable-baselines3's SAC.

Both train on ``twinarm/DofbotGraspDepth-v0`` in its default randomization and are judged over the
full area. The peer gets the same settings and an encoder of the same layers, but for the
temperature, which it tunes with the learning rate of the networks. What it has no setting for on
such observations stays ours alone: being told in training what there is to see, returns of several
steps, one encoder that the critics train for the actor too, slow copies that act.
"""

from __future__ import annotations

from typing import Any

from benchmarks.race import Course, run_race
from benchmarks.race_peer import Peer
from cli.presets import DEPTH, preset
from policies.config import TrainConfig

NAME = "time-to-success-depth"


def run(
    seeds: tuple[int, ...] = (0, 1, 2), peers: bool = True, patience: float = 3.5
) -> dict[str, Any]:
    """Race every seed; the peer at most ``patience`` times as long as ours took."""
    course = Course(
        config=preset(DEPTH),
        make_peer=_peer,
        patience=patience,
        hold=1.0,
        steps_between=3_200,
        steps_after=9_600,
    )
    return run_race(course, seeds, peers)


def _peer(config: TrainConfig) -> Peer:
    from benchmarks.peer_encoder import PeerEncoder

    encoder = {
        "features_extractor_class": PeerEncoder,
        "features_extractor_kwargs": {"layers": config.sac.encoder, "latent": config.sac.latent},
    }
    return Peer(config, "MultiInputPolicy", encoder)
