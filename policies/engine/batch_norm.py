"""Normalisation over the batch, and the statistics it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from policies.engine.op import Array, Op

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor


@dataclass(frozen=True)
class Running:
    """Moving averages, shaped as the gain, each moved by ``momentum`` of the way."""

    mean: Array
    variance: Array
    momentum: float

    def observe(self, mean: Array, variance: Array, count: int) -> None:
        """Move towards the statistics of a batch of ``count`` values a feature.

        variance: of the batch itself; what is averaged is the unbiased estimate from it.
        """
        self.mean[...] += self.momentum * (mean - self.mean)
        unbiased = variance * (count / (count - 1))
        self.variance[...] += self.momentum * (unbiased - self.variance)


class BatchNormalize(Op):
    """``gain * (x - mean) / sqrt(variance + epsilon) + bias`` over all axes but the last.

    Every forward pass lets ``running`` observe mean and variance. gain and bias are [f]; or, for
    an ensemble of k on x [k, n, f], [k, 1, f]: then each member has statistics of its own.
    Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1 and the gradients after it.
    """

    def __init__(
        self, x: Tensor, gain: Tensor, bias: Tensor, running: Running, epsilon: float = 1e-5
    ) -> None:
        self.x, self.gain, self.bias = x.data, gain.data, bias.data
        self.running, self.epsilon = running, epsilon
        self.count = self.x.size // self.gain.size
        if self.count < 2:
            raise ValueError(f"one value a feature has no variance: got x of shape {x.shape}")
        super().__init__((x, gain, bias), np.empty_like(self.x, order="C"))
        self.normal = np.empty_like(self.out)
        shape = (3, *self.gain.shape)
        self.mean, self.variance, self.inverse_std = np.empty(shape, self.x.dtype)
        self.weights = np.full(self.count, 1 / self.count, self.x.dtype)

    def forward(self) -> None:
        np.copyto(self.normal, self.x)
        self._average(self.normal, self.mean)
        np.subtract(self.normal, self.mean, self.normal)
        np.multiply(self.normal, self.normal, self.out)
        self._average(self.out, self.variance)
        np.divide(1.0, np.sqrt(self.variance + self.epsilon), self.inverse_std)
        np.multiply(self.normal, self.inverse_std, self.normal)
        np.multiply(self.normal, self.gain, self.out)
        np.add(self.out, self.bias, self.out)
        self.running.observe(self.mean, self.variance, self.count)

    def backward(
        self, grad: Array, dx: Array | None, d_gain: Array | None, d_bias: Array | None
    ) -> None:
        work = self.scratch("work", grad.shape)
        along, level = self.scratch("averages", (2, *self.gain.shape))
        np.multiply(grad, self.normal, work)
        self._average(work, along)
        self._average(grad, level)
        if d_gain is not None:
            np.multiply(along, self.count, d_gain)
        if d_bias is not None:
            np.multiply(level, self.count, d_bias)
        if dx is not None:
            np.multiply(self.normal, along, work)
            np.subtract(grad, work, dx)
            np.subtract(dx, level, dx)
            np.multiply(dx, self.gain * self.inverse_std, dx)

    def _average(self, values: Array, out: Array) -> None:
        # A product with weights takes an eighth of the time of a sum over the first axis.
        *lead, features = self.gain.shape
        groups = (len(values),) if lead else ()
        rows = values.reshape(*groups, self.count, features)
        np.matmul(self.weights, rows, out.reshape(*groups, features))
