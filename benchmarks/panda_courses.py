"""What both sides of the race on panda-gym's tasks are given.

The peer's are those that rl-baselines3-zoo publishes for these tasks (hyperparams/tqc.yml, of TQC
with hindsight; it has none for SAC), for SAC. On PandaPickAndPlace they ask for batches of 2,048
and three layers of 512, half a second of computing for every step on one core; there it gets our
widths, batch, updates a step and parallel environments, and keeps the zoo's learning rate, gamma
and tau. Its hindsight buffer has neither n-step returns nor random actions that go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cli.presets import preset
from cli.presets_panda import PANDA_PLACE, PANDA_REACH
from policies.config import TrainConfig


@dataclass(frozen=True)
class PeerSettings:
    """stable-baselines3's SAC with its HerReplayBuffer, four relabelled goals to one of its own."""

    hidden: tuple[int, ...]
    batch_size: int
    tau: float
    critics: int = 2
    normalize: bool = False
    num_envs: int = 1
    start_steps: int = 1_000
    updates_per_step: float = 1.0
    learning_rate: float = 1e-3
    gamma: float = 0.95
    buffer_size: int = 1_000_000


@dataclass(frozen=True)
class PandaCourse:
    """One task. steps_between: steps between two evaluations; minutes: for each seed."""

    config: TrainConfig
    peer: PeerSettings
    steps_between: int
    minutes: float


def panda_course(env_id: str) -> PandaCourse:
    """Return the race on ``env_id``, one of `PANDA_COURSES`."""
    return PANDA_COURSES[env_id]


def _place_peer(config: TrainConfig) -> PeerSettings:
    ours: dict[str, Any] = {
        "hidden": config.sac.hidden,
        "batch_size": config.sac.batch_size,
        "num_envs": config.num_envs,
        "start_steps": config.start_steps,
        "updates_per_step": config.updates_per_step,
    }
    return PeerSettings(**ours, tau=0.05)


PANDA_COURSES = {
    "PandaReach-v3": PandaCourse(
        preset(PANDA_REACH),
        PeerSettings(hidden=(64, 64), batch_size=256, tau=0.005, critics=1, normalize=True),
        steps_between=500,
        minutes=5.0,
    ),
    "PandaPickAndPlace-v3": PandaCourse(
        preset(PANDA_PLACE),
        _place_peer(preset(PANDA_PLACE)),
        steps_between=10_000,
        minutes=60.0,
    ),
}
