"""Operations that normalise along the last axis, and dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from policies.engine.op import Array, Op, sum_to
from policies.engine.unary import Unary

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor


class LogSoftmax(Unary):
    """``x - log(sum(exp(x)))`` along the last axis, shifted so that it cannot overflow."""

    def forward(self) -> None:
        np.subtract(self.x, self.x.max(-1, keepdims=True), self.out)
        self.out -= np.log(np.exp(self.out).sum(-1, keepdims=True))

    def backward(self, grad: Array, dx: Array) -> None:
        np.exp(self.out, dx)
        np.multiply(dx, grad.sum(-1, keepdims=True), dx)
        np.subtract(grad, dx, dx)


class Softmax(Unary):
    """``exp(x) / sum(exp(x))`` along the last axis, shifted so that it cannot overflow."""

    def forward(self) -> None:
        np.subtract(self.x, self.x.max(-1, keepdims=True), self.out)
        np.exp(self.out, self.out)
        self.out /= self.out.sum(-1, keepdims=True)

    def backward(self, grad: Array, dx: Array) -> None:
        np.multiply(grad, self.out, dx)
        dx -= self.out * dx.sum(-1, keepdims=True)


class LayerNormalize(Op):
    """``gain * (x - mean) / sqrt(variance + epsilon) + bias`` along the last axis.

    gain and bias broadcast against x: [n], or [k, 1, n] for an ensemble.
    Ba, Kiros, Hinton 2016, "Layer Normalization", eq. 3-4.
    """

    def __init__(self, x: Tensor, gain: Tensor, bias: Tensor, epsilon: float = 1e-5) -> None:
        self.x, self.gain, self.bias, self.epsilon = x.data, gain.data, bias.data, epsilon
        super().__init__((x, gain, bias), np.empty_like(self.x, order="C"))
        self.normal = np.empty_like(self.out)
        self.inverse_std = np.empty_like(self.x, shape=(*self.x.shape[:-1], 1))

    def forward(self) -> None:
        np.subtract(self.x, self.x.mean(-1, keepdims=True), self.normal)
        np.multiply(self.normal, self.normal, self.out)
        variance = self.out.mean(-1, keepdims=True)
        np.divide(1.0, np.sqrt(variance + self.epsilon), self.inverse_std)
        np.multiply(self.normal, self.inverse_std, self.normal)
        np.multiply(self.normal, self.gain, self.out)
        np.add(self.out, self.bias, self.out)

    def backward(
        self, grad: Array, dx: Array | None, d_gain: Array | None, d_bias: Array | None
    ) -> None:
        work = self.scratch("work", grad.shape)
        if d_bias is not None:
            sum_to(grad, d_bias)
        if d_gain is not None:
            np.multiply(grad, self.normal, work)
            sum_to(work, d_gain)
        if dx is not None:
            np.multiply(grad, self.gain, grad)
            np.multiply(grad, self.normal, work)
            along = work.mean(-1, keepdims=True)
            np.subtract(grad, grad.mean(-1, keepdims=True), dx)
            np.multiply(self.normal, along, work)
            np.subtract(dx, work, dx)
            np.multiply(dx, self.inverse_std, dx)


class Drop(Unary):
    """Zero each element with probability ``rate`` and scale the others by 1 / (1 - rate).

    Every forward pass draws anew from ``rng``.
    Srivastava et al. 2014, "Dropout", in its inverted form.
    """

    def __init__(self, x: Tensor, rate: float, rng: np.random.Generator) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"a dropout rate lies in [0, 1), got {rate}")
        self.rate, self.rng = rate, rng
        super().__init__(x)
        self.factor = np.empty_like(self.out)

    def forward(self) -> None:
        kept = self.rng.random(self.x.shape, np.float32) >= self.rate
        np.multiply(kept, 1 / (1 - self.rate), self.factor, casting="same_kind")
        np.multiply(self.x, self.factor, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.multiply(grad, self.factor, dx)
