"""Losses that are worth an operation of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from policies.engine.op import Array, Op, sum_to

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor


class SquaredError(Op):
    """``scale * sum((x - y)**2)``, a scalar; x and y broadcast."""

    def __init__(self, x: Tensor, y: Tensor, scale: float) -> None:
        self.x, self.y, self.scale = x.data, y.data, scale
        shape = np.broadcast_shapes(self.x.shape, self.y.shape)
        self.difference = np.empty(shape, np.result_type(self.x, self.y))
        super().__init__((x, y), np.empty((), self.difference.dtype))

    def forward(self) -> None:
        np.subtract(self.x, self.y, self.difference)
        self.out[()] = self.scale * np.vdot(self.difference, self.difference)

    def backward(self, grad: Array, dx: Array | None, dy: Array | None) -> None:
        slope = 2 * self.scale * grad.item()
        for into, sign in ((dx, 1), (dy, -1)):
            if into is None:
                continue
            if into.shape == self.difference.shape:
                np.multiply(self.difference, sign * slope, into)
            else:
                full = self.scratch("full", self.difference.shape)
                np.multiply(self.difference, sign * slope, full)
                sum_to(full, into)
