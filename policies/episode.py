"""Runs one environment through seeded episodes and remembers how to get back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from policies.contract import Contract
from policies.errors import PolicyError
from policies.observation import PRIVILEGED
from policies.seeding import SeedPlan

if TYPE_CHECKING:
    import gymnasium

Array = NDArray[np.float32]
Observation = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one environment; ``info`` only where the episode ended."""

    observation: Observation
    reward: float
    terminated: bool
    truncated: bool
    next_observation: Observation
    info: dict[str, Any] | None


class EpisodeRunner:
    """One environment that resets itself with planned seeds.

    Its place is (episode, actions since the reset), which `replay` restores in any
    environment whose seeded replay is exact.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], index: int, seeds: SeedPlan) -> None:
        self.env = env
        self.name = env.spec.id if env.spec else type(env).__name__
        self.contract = Contract.of(env, self.name)
        self.index = index
        self.seeds = seeds
        self.next_options: dict[str, Any] | None = None
        self.options: dict[str, Any] | None = None
        self.episode = 0
        self.actions: list[Array] = []
        self._return = 0.0
        self._terms: defaultdict[str, float] = defaultdict(float)

    def start(self, episode: int) -> Observation:
        """Reset to the start of ``episode`` and return its first observation.

        Raises PolicyError as `step` does.
        """
        self.episode, self.options = episode, self.next_options
        self.actions.clear()
        self._return = 0.0
        self._terms.clear()
        observation, info = self.env.reset(seed=self._seed(), options=self.options)
        return self._packed(observation, info, 0.0)

    def step(self, action: Array) -> Step:
        """Apply ``action`` [a] in the environment's units; after an end start the next episode.

        Raises PolicyError if the environment answers with a number that is not finite, or with
        an observation that is not of its space.
        """
        self.actions.append(action)
        observation, reward, terminated, truncated, info = self.env.step(action.copy())
        successor = self._packed(observation, info, float(reward))
        self._count(float(reward), info)
        ended = terminated or truncated
        summary = self._summary(info) if ended else None
        following = self.start(self.episode + 1) if ended else successor
        return Step(following, float(reward), bool(terminated), bool(truncated), successor, summary)

    def replay(self, episode: int, actions: Array) -> Observation:
        """Take ``actions`` [t, a] from the start of ``episode``; return the last observation.

        If the replay is not exact and the episode ends early, the next one starts there.
        """
        observation = self.start(episode)
        for action in actions:
            if self.episode == episode:
                observation = self.step(action).observation
        return observation

    def action_log(self) -> Array:
        """Return the actions [t, a] taken since the reset."""
        shape = self.env.action_space.shape or ()
        return np.array(self.actions, np.float32).reshape(-1, *shape)

    def _seed(self) -> int:
        return self.seeds(self.index, self.episode)

    def _privileged(self, info: dict[str, Any]) -> Any:
        if not self.contract.observation.privileged:
            return None
        if PRIVILEGED not in info:
            raise PolicyError(f"{self._answered()} without the info {PRIVILEGED!r} it promised")
        return info[PRIVILEGED]

    def _packed(self, observation: Any, info: dict[str, Any], reward: float) -> Observation:
        spec, answered = self.contract.observation, self._answered()
        try:
            # A copy: an environment may write its next observation into the same array.
            packed = spec.pack(observation, self._privileged(info))
        except PolicyError as error:
            raise PolicyError(f"{answered}: {error}") from None
        if not (np.isfinite(reward) and spec.is_finite(packed)):
            parts = {"reward": reward} | spec.numbers(packed)
            said = " and ".join(f"{name} {value}" for name, value in parts.items())
            raise PolicyError(f"{answered} with {said}")
        return packed

    def _answered(self) -> str:
        return f"{self.name} answered step {len(self.actions)} of the episode seeded {self._seed()}"

    def _count(self, reward: float, info: dict[str, Any]) -> None:
        self._return += reward
        for name, value in info.get("reward_terms", {}).items():
            self._terms[name] += float(value)

    def _summary(self, info: dict[str, Any]) -> dict[str, Any]:
        return {**(self.options or {}), **_plain_values(info)} | {
            "env": self.index,
            "seed": self._seed(),
            "return": self._return,
            "length": len(self.actions),
            "reward_terms": dict(self._terms),
        }


def _plain_values(info: dict[str, Any]) -> dict[str, Any]:
    values = {k: v.item() if isinstance(v, np.generic) else v for k, v in info.items()}
    return {k: v for k, v in values.items() if isinstance(v, bool | int | float | str)}
