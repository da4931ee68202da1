"""The networks of an actor-critic on vector observations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
    """An ensemble of k action values, evaluated in one batched product a layer.

    Inputs are rows of observation, action and a 1: the bias of the first layer is a row of its
    weight, which spares a pass over [k, n, h] each way.
    """

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
        sizes = (observation_size + action_size + 1, *hidden, 1)
        self.net: Sequential = mlp(
            sizes, rng, ensemble=count, layer_norm=layer_norm, first_bias=False
        )

    def __call__(self, x: Tensor) -> Tensor:
        """Return values [k, n, 1] for rows [n, o + a + 1]."""
        return self.net(x)
