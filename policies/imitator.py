"""Dataset aggregation: a policy that does what a teacher would do wherever the policy itself gets.

Ross, Gordon, Bagnell 2011, "A Reduction of Imitation Learning and Structured Prediction to
No-Regret Online Learning". The teacher is told what the policy has to see for itself, as in Chen et
al. 2019, "Learning by Cheating".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import cos, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.cloning_step import CloningStep
from policies.config import TrainConfig
from policies.contract import Contract
from policies.errors import CheckpointError, PolicyError
from policies.image_policy import make_policy
from policies.labelled import Arrays, LabelledFrames
from policies.learner import with_prefix, without_prefix
from policies.observation import PRIVILEGED
from policies.pool import PoolStep

Array = NDArray[np.float32]
Observation = NDArray[Any]

CHECK_EVERY = 50
"""Updates between two looks at the loss."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """Says what to do, from numbers alone.

    act: returns the actions [n, a] in [-1, 1] for what it is told [n, told + vector_size]: the
        first ``told`` privileged numbers of an observation, then the numbers beside its picture.
    glimpse: reset options with which the environment begins anywhere and ends after one step; none
        if it knows none.
    """

    act: Callable[[Array], Array]
    told: int
    glimpse: Mapping[str, Any] = field(default_factory=dict)


class Imitator:
    """Acts on observations, asks its teacher what it would have done there, and learns that.

    figures: the loss of a recent update; empty before the first.
    """

    def __init__(self, config: TrainConfig, contract: Contract, teacher: Teacher) -> None:
        spec, actions = contract.observation, contract.action_size
        if config.normalize_observations:
            raise PolicyError("dagger takes observations as they are: normalize_observations off")
        if spec.privileged < teacher.told:
            raise PolicyError(
                f"{contract.env_id} tells {spec.privileged} numbers in training, but a teacher"
                f" needs {teacher.told}: dagger is for environments that see pictures"
            )
        self.spec, self._config, self._teacher = spec, config, teacher
        self._updates = 0
        self._total = max(1.0, config.updates_per_step * config.total_steps)
        self.replay = LabelledFrames(config.replay_capacity, spec, actions)
        self.figures: dict[str, float] = {}
        self._rng = np.random.default_rng([config.seed, 2])
        self._alone = self._drawn(config.num_envs)
        self._step = CloningStep(spec, actions, config.cloning, config.seed)
        self._policy = make_policy(self._step.network.policy_arrays(), spec)
        rows = config.cloning.batch_size
        self._batch = np.empty((rows, *spec.shape), spec.dtype), np.empty((rows, actions), "f4")

    @property
    def nbytes(self) -> int:
        """Return the memory of a full state [bytes]."""
        return self.replay.nbytes + sum(array.nbytes for array in self._step.vectors().values())

    def guess(self, observation: Observation) -> Array:
        """Return the teacher's actions [n, a], with noise, and remember these."""
        return self._noisy(self._asked(observation))

    def explore(self, observation: Observation) -> Array:
        """Return the policy's actions [n, a], with noise, and remember the teacher's.

        Some way into an episode they are the teacher's: a policy that is stuck would show one
        doubtful place again and again.
        """
        label, action = self._asked(observation), self._policy.act(observation)
        self._alone -= 1
        return self._noisy(np.where(self._alone[:, None] < 0, label, action))

    def exploit(self, observation: Observation) -> Array:
        """Return the action [n, a] held best for each observation [n, ...]."""
        return self._policy.act(observation)

    def begin(self, observation: Observation) -> None:
        """Do nothing: what is seen is stored when it is acted on."""

    def remember(self, action: Array, step: PoolStep) -> None:
        """Note where episodes have ended; what came of an action matters not."""
        _, _, terminated, truncated, *_ = step
        ended = terminated | truncated
        self._alone[ended] = self._drawn(int(ended.sum()))

    def update(self, times: int) -> None:
        """Make gradient steps. Raises PolicyError if the weights are no longer finite."""
        for _ in range(times):
            decay = 0.5 * (1 + cos(pi * min(1.0, self._updates / self._total)))
            self._step.adam.learning_rate = self._config.cloning.learning_rate * decay
            self.replay.draw(self._rng, *self._batch)
            loss = self._step(*self._batch, self._rng)
            self._updates += 1
            if self._updates % CHECK_EVERY == 0:
                self._look(loss)

    def policy_arrays(self) -> Arrays:
        """Return what acting needs, for a deployable policy."""
        return dict(self._step.network.policy_arrays())

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Return everything that the next steps depend on, for `load_state`."""
        replay, replay_meta = self.replay.state()
        vectors = {name: array.copy() for name, array in self._step.vectors().items()}
        meta = {
            "updates": self._updates,
            "rng": self._rng.bit_generator.state,
            "figures": self.figures,
            "replay": replay_meta,
        }
        arrays = with_prefix("replay", replay) | with_prefix("network", vectors)
        return arrays | {"alone": self._alone.copy()}, meta

    def load_state(self, arrays: Arrays, meta: Mapping[str, Any]) -> None:
        """Take over a state of the same config and contract. Raises CheckpointError if not."""
        found = without_prefix("network", arrays)
        for name, view in self._step.vectors().items():
            if found[name].shape != view.shape:
                raise CheckpointError(
                    f"the saved {name} is of {found[name].shape}, expected {view.shape}"
                )
        self.replay.load_state(without_prefix("replay", arrays), meta["replay"])
        self._alone = arrays["alone"].copy()
        for name, view in self._step.vectors().items():
            np.copyto(view, found[name])
        self._updates, self.figures = int(meta["updates"]), dict(meta["figures"])
        self._rng.bit_generator.state = meta["rng"]

    def _asked(self, observation: Observation) -> Array:
        told = observation[PRIVILEGED][:, : self._teacher.told]
        label = self._teacher.act(np.concatenate([told, self.spec.vector(observation)], axis=1))
        self.replay.add(observation, label)
        return label

    def _drawn(self, count: int) -> NDArray[np.int64]:
        """Return how many steps of an episode the policy acts alone, for ``count`` episodes."""
        return self._rng.integers(self._config.cloning.alone + 1, size=count)

    def _noisy(self, action: Array) -> Array:
        noise = self._rng.standard_normal(action.shape, np.float32)
        noisy: Array = np.clip(action + np.float32(self._config.cloning.noise) * noise, -1, 1)
        return noisy

    def _look(self, loss: float) -> None:
        if not np.isfinite(loss):
            raise PolicyError(
                f"imitation diverged within {self._updates} updates: lower cloning.learning_rate"
            )
        self.figures = {"cloning_loss": loss}
