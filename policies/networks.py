"""The networks of an actor-critic on vector observations."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Self

import numpy as np

from policies.engine.layers import BatchNorm, Layer, Linear, Sequential, mlp
from policies.engine.linear import Activation
from policies.engine.module import Module
from policies.engine.tensor import Tensor

BATCH_NORM_MOMENTUM, BATCH_NORM_EPSILON = 0.01, 1e-3
"""Those of CrossQ (its table 3), the momentum in our sense: the weight of the newest batch."""


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

    batch_norm: normalise inputs and hidden layers over the rows, as CrossQ does (Bhatt et al.
        2024, "CrossQ: Batch Normalization in Deep Reinforcement Learning", section 4).
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
        batch_norm: bool = False,
    ) -> None:
        sizes = (observation_size + action_size + 1, *hidden, 1)
        self._count, self._batch_norm = count, batch_norm
        self.net: Sequential
        if batch_norm:
            self.net = _batch_normalized(sizes, rng, count)
        else:
            self.net = mlp(sizes, rng, ensemble=count, layer_norm=layer_norm, first_bias=False)

    def __call__(self, x: Tensor) -> Tensor:
        """Return values [k, n, 1] for rows [n, o + a + 1]."""
        if self._batch_norm:
            x = x + np.zeros((self._count, 1, 1), np.float32)  # each normalises it for itself
        return self.net(x)

    def predicting(self) -> Self:
        """Return the same critics, with the same weights, that do not look at the batch."""
        twin = copy.copy(self)
        twin.net = Sequential([_predicting(layer) for layer in self.net.layers])
        return twin


def _batch_normalized(sizes: Sequence[int], rng: np.random.Generator, count: int) -> Sequential:
    layers: list[Layer] = []
    norm = partial(BatchNorm, momentum=BATCH_NORM_MOMENTUM, epsilon=BATCH_NORM_EPSILON)
    for i, (size_in, size_out) in enumerate(pairwise(sizes)):
        is_last = i == len(sizes) - 2
        activation: Activation = "identity" if is_last else "relu"
        layers.append(norm(size_in, ensemble=count))
        layers.append(Linear(size_in, size_out, rng, activation=activation, ensemble=count))
    return Sequential(layers)


def _predicting(layer: Layer) -> Layer:
    if not isinstance(layer, BatchNorm):
        return layer
    twin = copy.copy(layer)
    twin.is_training = False
    return twin
