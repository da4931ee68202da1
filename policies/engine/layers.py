"""Layers: affine maps, normalisation, dropout, and the stack of them that most nets are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from policies.engine.batch_norm import Running
from policies.engine.functional import affine, batch_normalize, dropout, layer_normalize
from policies.engine.initialize import Initializer, fan_in_uniform
from policies.engine.linear import Activation
from policies.engine.module import Module
from policies.engine.tensor import Tensor


class Layer(Module, ABC):
    """A module of one tensor."""

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """Return what the layer makes of ``x``."""


class Linear(Layer):
    """``activation(x @ weight + bias)``; an ensemble of k such layers if ``ensemble`` is k.

    Weights are [i, o] and bias [o], or [k, i, o] and [k, 1, o]; the bias starts at 0. Without
    ``has_bias``, the inputs end in a column of ones, and the bias is the last row of the weight.
    """

    def __init__(
        self,
        size_in: int,
        size_out: int,
        rng: np.random.Generator,
        *,
        activation: Activation = "identity",
        ensemble: int | None = None,
        initialize: Initializer = fan_in_uniform,
        has_bias: bool = True,
    ) -> None:
        draws = [initialize(rng, size_in, size_out) for _ in range(ensemble or 1)]
        bias_shape = (size_out,) if ensemble is None else (ensemble, 1, size_out)
        self.activation = activation
        self.weight = Tensor(draws[0] if ensemble is None else np.stack(draws), True)
        self.bias = Tensor(np.zeros(bias_shape, np.float32), True) if has_bias else None
        if not has_bias:
            self.weight.data[..., -1, :] = 0

    def __call__(self, x: Tensor) -> Tensor:
        """Map x [..., i] to [..., o]; an ensemble maps [n, i] or [k, n, i] to [k, n, o]."""
        return affine(x, self.weight, self.bias, self.activation)


class LayerNorm(Layer):
    """Normalisation along the last axis of length ``size``, with learned gain and bias."""

    def __init__(self, size: int, ensemble: int | None = None, epsilon: float = 1e-5) -> None:
        shape = (size,) if ensemble is None else (ensemble, 1, size)
        self.epsilon = epsilon
        self.gain = Tensor(np.ones(shape, np.float32), True)
        self.bias = Tensor(np.zeros(shape, np.float32), True)

    def __call__(self, x: Tensor) -> Tensor:
        """Map x [..., size] to the same shape."""
        return layer_normalize(x, self.gain, self.bias, self.epsilon)


class BatchNorm(Layer):
    """Normalisation of each of ``size`` features over the batch, with learned gain and bias.

    While ``is_training``, by the statistics of the batch, of which moving averages are kept in
    the buffers ``mean`` and ``variance``; else by those. Building a graph runs it once, which
    moves the averages too. The members of an ensemble, x [k, n, size], are normalised apart.
    """

    def __init__(
        self,
        size: int,
        momentum: float = 0.1,
        epsilon: float = 1e-5,
        ensemble: int | None = None,
    ) -> None:
        self.momentum, self.epsilon, self.is_training = momentum, epsilon, True
        shape = (size,) if ensemble is None else (ensemble, 1, size)
        self.gain = Tensor(np.ones(shape, np.float32), True)
        self.bias = Tensor(np.zeros(shape, np.float32), True)
        self.mean, self.variance = np.zeros(shape, np.float32), np.ones(shape, np.float32)

    def __call__(self, x: Tensor) -> Tensor:
        """Map x [..., size] to the same shape."""
        if self.is_training:
            running = Running(self.mean, self.variance, self.momentum)
            return batch_normalize(x, self.gain, self.bias, running, self.epsilon)
        scale = self.gain / (Tensor(self.variance) + self.epsilon).sqrt()
        return (x - Tensor(self.mean)) * scale + self.bias


class Dropout(Layer):
    """Drop elements at ``rate`` while ``is_training``, else pass everything unchanged."""

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        self.rate, self.rng, self.is_training = rate, rng, True

    def __call__(self, x: Tensor) -> Tensor:
        """Map x of any shape to the same shape."""
        return dropout(x, self.rate, self.rng) if self.is_training and self.rate else x


class Relu(Layer):
    """``max(x, 0)``."""

    def __call__(self, x: Tensor) -> Tensor:
        """Map x of any shape to the same shape."""
        return x.relu()


class Sequential(Layer):
    """Layers applied one after the other."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)

    def __call__(self, x: Tensor) -> Tensor:
        """Return what the last layer makes of x."""
        for layer in self.layers:
            x = layer(x)
        return x


def mlp(
    sizes: Sequence[int],
    rng: np.random.Generator,
    *,
    ensemble: int | None = None,
    layer_norm: bool = False,
    initialize: Initializer = fan_in_uniform,
    first_bias: bool = True,
) -> Sequential:
    """Return linear layers of ``sizes`` with ReLU between them and none at the end.

    With ``layer_norm``, each hidden layer is normalised before its ReLU. Without
    ``first_bias``, the inputs end in a column of ones instead.
    """
    layers: list[Layer] = []
    linear = partial(Linear, rng=rng, ensemble=ensemble, initialize=initialize)
    for i, (size_in, size_out) in enumerate(pairwise(sizes[:-1])):
        activation: Activation = "identity" if layer_norm else "relu"
        has_bias = first_bias or i > 0
        layers.append(linear(size_in, size_out, activation=activation, has_bias=has_bias))
        if layer_norm:
            layers += [LayerNorm(size_out, ensemble), Relu()]
    layers.append(linear(sizes[-2], sizes[-1]))
    return Sequential(layers)
