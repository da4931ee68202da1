"""Which seed an episode is reset with: training and held-out seeds can never meet."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from policies.errors import PolicyError

HELD_OUT_LIMIT = 2**31


class SeedPlan(Protocol):
    """Gives every episode of every environment its seed."""

    def __call__(self, env: int, episode: int) -> int:
        """Return the reset seed of the ``episode``-th episode of environment ``env``."""


@dataclass(frozen=True, slots=True)
class TrainingSeeds:
    """Independent seeds in [2³¹, 2³²), a function of the run's seed alone."""

    run_seed: int

    def __call__(self, env: int, episode: int) -> int:
        """Return the reset seed of the ``episode``-th episode of environment ``env``."""
        sequence = np.random.SeedSequence(self.run_seed, spawn_key=(env, episode))
        return HELD_OUT_LIMIT + int(sequence.generate_state(1)[0]) % HELD_OUT_LIMIT


@dataclass(frozen=True, slots=True)
class HeldOutSeeds:
    """Consecutive seeds in [0, 2³¹): first, first + 1, … dealt over ``num_envs`` in turn."""

    first: int
    num_envs: int

    def __post_init__(self) -> None:
        if not 0 <= self.first < HELD_OUT_LIMIT - 2**20:
            raise PolicyError(
                f"seed {self.first} is outside 0 … {HELD_OUT_LIMIT - 2**20 - 1}, the held-out range"
            )

    def __call__(self, env: int, episode: int) -> int:
        """Return the reset seed of the ``episode``-th episode of environment ``env``."""
        return self.first + episode * self.num_envs + env
