"""Layers for images [n, height, width, channels]."""

from __future__ import annotations

import numpy as np

from policies.engine.conv import ConvActivation
from policies.engine.functional import average_pool2d, conv2d, max_pool2d
from policies.engine.initialize import Initializer, fan_in_uniform
from policies.engine.layers import Layer
from policies.engine.tensor import Tensor


class Conv2d(Layer):
    """``activation(conv2d(x, weight) + bias)``; the bias starts at 0.

    weight [kernel, kernel, channels_in, channels_out], bias [channels_out]. Weights are drawn
    with a fan in of kernel * kernel * channels_in.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        rng: np.random.Generator,
        *,
        stride: int = 1,
        padding: int = 0,
        activation: ConvActivation = "identity",
        initialize: Initializer = fan_in_uniform,
    ) -> None:
        drawn = initialize(rng, kernel * kernel * channels_in, channels_out)
        self.stride, self.padding, self.activation = stride, padding, activation
        self.weight = Tensor(drawn.reshape(kernel, kernel, channels_in, channels_out), True)
        self.bias = Tensor(np.zeros(channels_out, np.float32), True)

    def __call__(self, x: Tensor) -> Tensor:
        """Map x [n, h, w, channels_in] to [n, rows, columns, channels_out]."""
        return conv2d(x, self.weight, self.bias, self.stride, self.padding, self.activation)


class Flatten(Layer):
    """All axes but the first joined into one."""

    def __call__(self, x: Tensor) -> Tensor:
        """Map x [n, ...] to [n, features]."""
        return x.reshape(len(x), -1)


class MaxPool2d(Layer):
    """The greatest of each window of ``kernel`` by ``kernel``, per channel."""

    def __init__(self, kernel: int, stride: int | None = None) -> None:
        self.kernel, self.stride = kernel, stride

    def __call__(self, x: Tensor) -> Tensor:
        """Map x [n, h, w, c] to [n, rows, columns, c]."""
        return max_pool2d(x, self.kernel, self.stride)


class AveragePool2d(Layer):
    """The mean of each window of ``kernel`` by ``kernel``, per channel."""

    def __init__(self, kernel: int, stride: int | None = None) -> None:
        self.kernel, self.stride = kernel, stride

    def __call__(self, x: Tensor) -> Tensor:
        """Map x [n, h, w, c] to [n, rows, columns, c]."""
        return average_pool2d(x, self.kernel, self.stride)
