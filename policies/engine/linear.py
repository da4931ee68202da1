"""Matrix products, alone or fused with a bias and an activation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from policies.engine.op import Array, Op, sum_to

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor

Activation = Literal["identity", "relu", "tanh"]


def transposed(matrix: Array) -> Array:
    """Return a view with the last two axes exchanged."""
    return matrix.swapaxes(-1, -2)


def product(x: Array, y: Array, out: Array) -> None:
    """Write ``x @ y``; BLAS takes three times as long for an outer product as einsum does."""
    if x.shape[-1] == 1:
        np.einsum("...ik,...kj->...ij", x, y, out=out)
    else:
        np.matmul(x, y, out)


@lru_cache
def _zeros(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    zeros = np.zeros(shape, dtype)
    zeros.flags.writeable = False
    return zeros


class MatMul(Op):
    """``x @ y`` over the last two axes; the others broadcast. Both have two axes or more."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x.data, y.data
        if min(self.x.ndim, self.y.ndim) < 2:
            raise ValueError(f"matmul needs matrices, got {self.x.shape} and {self.y.shape}")
        batch = np.broadcast_shapes(self.x.shape[:-2], self.y.shape[:-2])
        shape = (*batch, self.x.shape[-2], self.y.shape[-1])
        super().__init__((x, y), np.empty(shape, np.result_type(self.x, self.y)))

    def forward(self) -> None:
        product(self.x, self.y, self.out)

    def backward(self, grad: Array, dx: Array | None, dy: Array | None) -> None:
        if dx is not None:
            self._into(grad, transposed(self.y), dx, "dx")
        if dy is not None:
            self._into(transposed(self.x), grad, dy, "dy")

    def _into(self, x: Array, y: Array, out: Array, name: str) -> None:
        shape = (*self.out.shape[:-2], x.shape[-2], y.shape[-1])
        if shape == out.shape:
            product(x, y, out)
        else:
            full = self.scratch(name, shape)
            product(x, y, full)
            sum_to(full, out)


class Affine(Op):
    """``activation(x @ weight + bias)``, for one layer or an ensemble of them at once.

    One layer: x [n, i], weight [i, o], bias [o]. Ensemble of k: x [n, i], seen by all, or
    [k, n, i]; weight [k, i, o], bias [k, 1, o]. There may be no bias.
    """

    def __init__(
        self, x: Tensor, weight: Tensor, bias: Tensor | None, activation: Activation = "identity"
    ) -> None:
        self.x, self.weight = x.data, weight.data
        self.bias = None if bias is None else bias.data
        self.x_transposed, self.weight_transposed = transposed(self.x), transposed(self.weight)
        self.activation = activation
        rows, lead = self.x.shape[-2], self.weight.shape[:-2]
        out = np.empty((*lead, rows, self.weight.shape[-1]), self.x.dtype)
        super().__init__((x, weight) if bias is None else (x, weight, bias), out)
        self.ones = np.ones((*(1 for _ in lead), rows), out.dtype)
        self.zeros = _zeros(out.shape[-2:], out.dtype)
        self.positive = np.empty(out.shape if activation == "relu" else 0, np.bool_)

    def forward(self) -> None:
        product(self.x, self.weight, self.out)
        if self.bias is not None:
            np.add(self.out, self.bias, self.out)
        if self.activation == "relu":
            # An array of zeros takes numpy's vector loop, a scalar zero does not.
            np.maximum(self.out, self.zeros, out=self.out)
        elif self.activation == "tanh":
            np.tanh(self.out, self.out)

    def backward(
        self,
        grad: Array,
        dx: Array | None,
        d_weight: Array | None,
        d_bias: Array | None = None,
    ) -> None:
        self._through_activation(grad)
        if d_weight is not None:
            product(self.x_transposed, grad, d_weight)
        if d_bias is not None:
            np.matmul(self.ones, grad, d_bias)
        if dx is not None:
            self._into_x(grad, dx)

    def _through_activation(self, grad: Array) -> None:
        if self.activation == "relu":
            np.greater(self.out, 0, self.positive)
            np.multiply(grad, self.positive, grad)
        elif self.activation == "tanh":
            slope = self.scratch("slope", self.out.shape)
            np.multiply(self.out, self.out, slope)
            np.subtract(1.0, slope, slope)
            np.multiply(grad, slope, grad)

    def _into_x(self, grad: Array, dx: Array) -> None:
        if dx.ndim == grad.ndim:
            product(grad, self.weight_transposed, dx)
        else:
            each = self.scratch("dx", (len(grad), *dx.shape))
            product(grad, self.weight_transposed, each)
            np.add.reduce(each, axis=0, out=dx)
