"""Replay memory for goals: episodes as they were, and as if they had pursued what they reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.batch import Batch
from policies.errors import CheckpointError
from policies.observation import ObservationSpec
from policies.pool import PoolStep

Array = NDArray[np.float32]
Numbers = NDArray[np.int64]
Rewards = Callable[[Array, Array], Array]
"""Rewards [...] of steps that achieved [..., g] where [..., g] was desired."""

OPEN = -1
"""Stands for the last step of an episode that goes on."""
CANDIDATES = 4
"""Draws for each relabelled row, of which one is taken that has not reached its goal already."""


@dataclass(frozen=True, slots=True)
class Relabelling:
    """How goals are replaced. share: of every batch. n_step, gamma: as for `NStepReturns`.

    goal_reward: the reward that tells that a goal is reached and the episode over; None if
        reaching one ends nothing. Where it ends episodes no step sets out from a reached goal,
        so none is relabelled to.
    """

    share: float
    n_step: int
    gamma: float
    goal_reward: float | None = None


class HindsightReplay:
    """The newest steps of every environment; a batch is drawn from them with goals replaced.

    Andrychowicz et al. 2017, "Hindsight Experience Replay", section 4.5: the goal of a replaced
    step is drawn from those achieved by itself or later in its episode ("future"). The reward is
    computed anew; n-step sums are made at the draw, of steps of the same episode, under one goal.

    capacity: steps in all, kept in equal shares for each environment.
    """

    def __init__(
        self,
        capacity: int,
        num_envs: int,
        spec: ObservationSpec,
        action_size: int,
        relabelling: Relabelling,
        rewards: Rewards,
    ) -> None:
        self._length, self._envs = capacity // num_envs, num_envs
        self.capacity = self._length * num_envs
        self._spec, self._relabelling, self._rewards = spec, relabelling, rewards
        rows = (self._length, num_envs)
        self._arrays: dict[str, NDArray[Any]] = {
            "observation": np.zeros((*rows, *spec.shape), spec.dtype),
            "action": np.zeros((*rows, action_size), np.float32),
            "reward": np.zeros(rows, np.float32),
            "next_observation": np.zeros((*rows, *spec.shape), spec.dtype),
            "terminated": np.zeros(rows, np.bool_),
            "last": np.full(rows, OPEN, np.int64),
        }
        self._seen = np.zeros((num_envs, *spec.shape), spec.dtype)
        self._first = np.zeros(num_envs, np.int64)
        self._step = 0
        self._sampled = Batch.empty(0, spec, action_size)

    def __len__(self) -> int:
        return min(self._step, self._length) * self._envs

    @property
    def nbytes(self) -> int:
        """Return the memory of the full buffer [bytes]."""
        return sum(array.nbytes for array in self._arrays.values())

    def begin(self, observation: NDArray[Any]) -> None:
        """Take note of what the environments show [n, ...] where they did not step there."""
        self._close(np.ones(self._envs, np.bool_))
        self._seen = observation.copy()

    def remember(self, action: Array, step: PoolStep) -> None:
        """Store what ``action`` [n, a] led to from where the step before, or `begin`, ended."""
        observation, reward, terminated, truncated, next_observation, _ = step
        values = (self._seen, action, reward, next_observation, terminated, OPEN)
        row = self._step % self._length
        for array, value in zip(self._arrays.values(), values, strict=True):
            array[row] = value
        self._step += 1
        self._close(terminated | truncated)
        self._seen = observation.copy()

    def sample(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """Return ``batch_size`` transitions; the arrays are reused by the next call."""
        if len(self._sampled) != batch_size:
            actions = self._arrays["action"].shape[-1]
            self._sampled = Batch.empty(batch_size, self._spec, actions)
        self.fill(rng, self._sampled)
        return self._sampled

    def fill(self, rng: np.random.Generator, batch: Batch) -> None:
        """Write transitions drawn uniformly with replacement into ``batch``, relabelled ones first.

        Where too few candidates have a goal to pursue, the rest keep their own.
        """
        if not self._step:
            raise ValueError("the replay buffer is empty")
        steps, envs, goals = self._draw_relabelled(rng, round(self._relabelling.share * len(batch)))
        kept, kept_envs = self._draw(rng, len(batch) - len(steps))
        steps, envs = np.concatenate((steps, kept)), np.concatenate((envs, kept_envs))
        ends = self._sum(batch, steps, envs, goals)
        for name, at in (("observation", steps), ("next_observation", ends)):
            seen = getattr(batch, name)
            seen[...] = self._arrays[name][at % self._length, envs]
            self._spec.desire(seen[: len(goals)], goals)
        batch.action[...] = self._arrays["action"][steps % self._length, envs]

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return all steps, in the order of memory, for `load_state`."""
        filled = min(self._step, self._length)
        arrays = {name: array[:filled] for name, array in self._arrays.items()}
        return arrays | {"seen": self._seen, "first": self._first}, {"step": self._step}

    def load_state(self, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
        """Take over a state. Raises CheckpointError if it does not fit this buffer."""
        step = int(meta["step"])
        filled = min(step, self._length)
        for name, array in self._arrays.items():
            if arrays[name].shape != (filled, *array.shape[1:]):
                raise CheckpointError(
                    f"replay field {name!r} has shape {arrays[name].shape}, "
                    f"expected {(filled, *array.shape[1:])}"
                )
            array[:filled] = arrays[name]
        self._seen, self._first = arrays["seen"].copy(), arrays["first"].copy()
        self._step = step

    def _close(self, ended: NDArray[np.bool_]) -> None:
        for env in np.flatnonzero(ended):
            # Of an episode longer than the memory only what is left of it.
            oldest = max(self._first[env], self._step - self._length)
            rows = np.arange(oldest, self._step) % self._length
            self._arrays["last"][rows, env] = self._step - 1
            self._first[env] = self._step

    def _draw(self, rng: np.random.Generator, count: int) -> tuple[Numbers, Numbers]:
        """Return the numbers of ``count`` steps and their environments."""
        oldest = max(0, self._step - self._length)
        return rng.integers(oldest, self._step, count), rng.integers(0, self._envs, count)

    def _draw_relabelled(
        self, rng: np.random.Generator, count: int
    ) -> tuple[Numbers, Numbers, Array]:
        """Return up to ``count`` steps, their environments, and goals [m, g] to pursue there."""
        reached = self._relabelling.goal_reward
        steps, envs = self._draw(rng, count * (1 if reached is None else CANDIDATES))
        later = rng.integers(steps, self._last(steps, envs), endpoint=True)
        goals = self._achieved("next_observation", later, envs)
        if reached is None:
            return steps, envs, goals
        at_once = self._rewards(self._achieved("observation", steps, envs), goals) >= reached
        chosen = np.flatnonzero(~at_once)[:count]
        return steps[chosen], envs[chosen], goals[chosen]

    def _achieved(self, name: str, steps: Numbers, envs: Numbers) -> Array:
        view = self._spec.achieved(self._arrays[name])
        return view[steps % self._length, envs]

    def _last(self, steps: Numbers, envs: Numbers) -> Numbers:
        """Return the number of the last step of each step's episode, so far."""
        last = self._arrays["last"][steps % self._length, envs]
        return np.where(last == OPEN, self._step - 1, last)

    def _sum(self, batch: Batch, steps: Numbers, envs: Numbers, goals: Array) -> Numbers:
        """Write rewards and discounts, the first of them under ``goals``; return the last steps."""
        n, gamma, changed = self._relabelling.n_step, self._relabelling.gamma, len(goals)
        last = self._last(steps, envs)
        summed = np.minimum(steps + np.arange(n)[:, None], last)  # [n, b]
        rows = summed % self._length, envs
        rewards, over = self._arrays["reward"][rows], self._arrays["terminated"][rows]
        if changed:
            achieved = self._achieved("next_observation", summed[:, :changed], envs[:changed])
            rewards[:, :changed] = self._rewards(achieved, np.broadcast_to(goals, achieved.shape))
            if self._relabelling.goal_reward is not None:
                over[:, :changed] = rewards[:, :changed] >= self._relabelling.goal_reward
        count = np.minimum(_first_true(over | (summed == last)) + 1, n)  # [b] steps in the sum
        weights = np.float32(gamma) ** np.arange(n, dtype=np.float32)[:, None]
        counted = np.arange(n)[:, None] < count
        np.sum(rewards * weights * counted, axis=0, out=batch.reward)
        ended = over[count - 1, np.arange(len(steps))]
        batch.discount[...] = np.where(ended, 0.0, np.float32(gamma) ** count)
        return steps + count - 1


def _first_true(flags: NDArray[np.bool_]) -> Numbers:
    """Return the index [b] of the first True down each column of flags [n, b]; n if none."""
    return np.where(flags.any(axis=0), flags.argmax(axis=0), len(flags))
