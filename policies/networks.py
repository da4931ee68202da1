"""The networks of an actor-critic on vector observations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.engine.functional import concatenate
from policies.engine.layers import Sequential, mlp
from policies.engine.module import Module
from policies.engine.tensor import Tensor


class GaussianActor(Module):
    """From observations [n, o] to means and raw log standard deviations, [n, 2a]."""

    def __init__(
        self,
        observation_size: int,
        action_size: int,
        hidden: Sequence[int],
        rng: np.random.Generator,
    ) -> None:
        self.net: Sequential = mlp((observation_size, *hidden, 2 * action_size), rng)

    def __call__(self, observation: Tensor) -> Tensor:
        """Return the head [n, 2a] for observations [n, o]."""
        return self.net(observation)


class Critics(Module):
    """An ensemble of k action values, evaluated in one batched product a layer."""

    def __init__(
        self,
        observation_size: int,
        action_size: int,
        hidden: Sequence[int],
        rng: np.random.Generator,
        *,
        count: int = 2,
        layer_norm: bool = False,
    ) -> None:
        sizes = (observation_size + action_size, *hidden, 1)
        self.net: Sequential = mlp(sizes, rng, ensemble=count, layer_norm=layer_norm)

    def __call__(self, observation: Tensor, action: Tensor) -> Tensor:
        """Return values [k, n, 1] of actions [n, a] at observations [n, o]."""
        return self.net(concatenate((observation, action)))
