"""Behaviour cloning: a policy that does what demonstrations did where they saw the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, inf, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.cloning_step import CloningStep
from policies.config import TrainConfig
from policies.contract import Contract
from policies.errors import CheckpointError, PolicyError
from policies.image_policy import make_policy
from policies.normalizer import Normalizer, normalize
from policies.trajectory import Trajectory

Array = NDArray[np.float32]
Observation = NDArray[Any]
Arrays = dict[str, NDArray[Any]]

VALIDATE_EVERY = 100
"""Updates between two looks at the demonstrations that are held out."""
MOST_VALIDATED = 1_000
"""Steps of them looked at, spread evenly."""


class Cloner:
    """Learns the actions of demonstrations by regression; some whole ones are held out.

    Pomerleau 1991, "Efficient Training of Artificial Neural Networks for Autonomous Navigation".

    figures: the loss of a recent update, and the squared error of an action held out.
    converged: whether that error has not fallen for ``cloning.patience`` updates.
    """

    def __init__(
        self, config: TrainConfig, contract: Contract, demonstrations: Sequence[Trajectory]
    ) -> None:
        if not demonstrations:
            raise PolicyError("there are no demonstrations to clone")
        spec, actions, cloning = contract.observation, contract.action_size, config.cloning
        self.spec, self._config, self._total = spec, cloning, config.total_steps
        self.updates, self.converged = 0, False
        self.figures: dict[str, float] = {}
        self._rng = np.random.default_rng([config.seed, 2])
        shown, held = self._split(demonstrations)
        self.normalizer = Normalizer(spec) if config.normalize_observations else None
        self._shown = self._steps(shown, learn=True)
        self._held = self._steps(held, learn=False) if held else None
        self._step = CloningStep(spec, actions, cloning, config.seed)
        self._policy = make_policy(self._step.network.policy_arrays(), spec)
        self._batch = (
            np.empty((cloning.batch_size, *spec.shape), spec.dtype),
            np.empty((cloning.batch_size, actions), np.float32),
        )
        self._least, self._least_at = inf, 0

    @property
    def nbytes(self) -> int:
        """Return the memory of a full state [bytes]."""
        return sum(array.nbytes for array in self._step.vectors().values())

    def exploit(self, observation: Observation) -> Array:
        """Return the action [n, a] held best for each observation [n, ...]."""
        if self.normalizer is not None:
            scale = self.normalizer.scale()
            observation = normalize(self.spec, observation.copy(), *scale)
        return self._policy.act(observation)

    def update(self) -> None:
        """Take one gradient step; now and then look at what is held out."""
        decay = 0.5 * (1 + cos(pi * min(1.0, self.updates / self._total)))
        self._step.adam.learning_rate = self._config.learning_rate * decay
        rows = self._rng.integers(0, len(self._shown[1]), self._config.batch_size)
        for array, into in zip(self._shown, self._batch, strict=True):
            # Any mode but "raise" writes straight into out; the rows are in range anyway.
            array.take(rows, axis=0, out=into, mode="clip")
        loss = self._step(*self._batch, self._rng)
        self.updates += 1
        if self.updates % VALIDATE_EVERY == 0:
            self._look(loss)

    def policy_arrays(self) -> Arrays:
        """Return what acting needs, for a deployable policy."""
        arrays: Arrays = dict(self._step.network.policy_arrays())
        if self.normalizer is not None:
            mean, deviation = self.normalizer.scale()
            arrays |= {"observation_mean": mean, "observation_deviation": deviation}
        return arrays

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Return everything that the next updates depend on, but for the demonstrations."""
        arrays = {name: array.copy() for name, array in self._step.vectors().items()}
        meta = {
            "updates": self.updates,
            "rng": self._rng.bit_generator.state,
            "figures": self.figures,
            "converged": self.converged,
            "least": [self._least if np.isfinite(self._least) else None, self._least_at],
        }
        return arrays, meta

    def load_state(self, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
        """Take over a state of a cloner of the same config, contract and demonstrations.

        Raises CheckpointError, before anything is changed, if it is of other sizes.
        """
        views = self._step.vectors()
        for name, view in views.items():
            shape = arrays[name].shape if name in arrays else None
            if shape != view.shape:
                raise CheckpointError(f"the saved {name} is of {shape}, expected {view.shape}")
        for name, view in views.items():
            np.copyto(view, arrays[name])
        self.updates, self.figures = int(meta["updates"]), dict(meta["figures"])
        self.converged = bool(meta["converged"])
        self._rng.bit_generator.state = meta["rng"]
        least, self._least_at = meta["least"]
        self._least = inf if least is None else float(least)

    def _split(
        self, demonstrations: Sequence[Trajectory]
    ) -> tuple[list[Trajectory], list[Trajectory]]:
        count = len(demonstrations)
        held = min(count - 1, round(self._config.validation * count))
        order = self._rng.permutation(count)
        shown, others = order[held:], order[:held]
        return [demonstrations[i] for i in shown], [demonstrations[i] for i in others]

    def _steps(
        self, trajectories: Sequence[Trajectory], *, learn: bool
    ) -> tuple[Observation, Array]:
        """Return all observations [n, ...] that were acted upon, and the actions [n, a]."""
        observations = np.concatenate([each.observations[:-1] for each in trajectories])
        actions = np.concatenate([each.actions for each in trajectories])
        if self.normalizer is not None:
            if learn:
                self.normalizer.update(observations)
            normalize(self.spec, observations, *self.normalizer.scale())
        return observations, actions

    def _look(self, loss: float) -> None:
        """Note the figures. Raises PolicyError if the weights are no longer finite."""
        if not np.isfinite(loss):
            raise PolicyError(
                f"cloning diverged within {self.updates} updates: lower cloning.learning_rate"
            )
        self.figures = {"cloning_loss": loss}
        if self._held is None:
            return
        some = slice(None, None, 1 + (len(self._held[1]) - 1) // MOST_VALIDATED)
        error = self._policy.act(self._held[0][some]) - self._held[1][some]
        found = float(np.square(error).sum(axis=1).mean())
        self.figures["validation_error"] = found
        if found < self._least:
            self._least, self._least_at = found, self.updates
        patience = self._config.patience
        self.converged = 0 < patience <= self.updates - self._least_at
