"""Reductions over one axis, several, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from policies.engine.op import Array, Op

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor

Axis = int | tuple[int, ...] | None


class Reduction(Op):
    """Base: knows the reduced axes, and the output shape with them kept as ones."""

    def __init__(self, x: Tensor, axis: Axis = None, keepdims: bool = False) -> None:
        self.x = x.data
        axes = range(x.data.ndim) if axis is None else axis
        self.axes = normalize_axis_tuple(axes, x.data.ndim)
        self.kept = tuple(1 if i in self.axes else n for i, n in enumerate(self.x.shape))
        self.count = int(np.prod([self.x.shape[i] for i in self.axes], dtype=int))
        squeezed = tuple(n for i, n in enumerate(self.x.shape) if i not in self.axes)
        super().__init__((x,), np.empty(self.kept if keepdims else squeezed, self.x.dtype))
        self.out_kept = self.out.reshape(self.kept)


class Sum(Reduction):
    """The sum."""

    def forward(self) -> None:
        np.add.reduce(self.x, axis=self.axes, out=self.out_kept, keepdims=True)

    def backward(self, grad: Array, dx: Array) -> None:
        np.copyto(dx, grad.reshape(self.kept))


class Mean(Reduction):
    """The arithmetic mean."""

    def forward(self) -> None:
        np.add.reduce(self.x, axis=self.axes, out=self.out_kept, keepdims=True)
        np.divide(self.out, self.count, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.divide(grad.reshape(self.kept), self.count, dx)


class Extremum(Reduction):
    """Base of Max and Min: elements that tie share the gradient equally."""

    def backward(self, grad: Array, dx: Array) -> None:
        np.equal(self.x, self.out_kept, out=dx, casting="unsafe")
        ties = np.add.reduce(dx, axis=self.axes, keepdims=True)
        np.multiply(dx, grad.reshape(self.kept) / ties, dx)


class Max(Extremum):
    """The greatest element."""

    def forward(self) -> None:
        np.maximum.reduce(self.x, axis=self.axes, out=self.out_kept, keepdims=True)


class Min(Extremum):
    """The least element."""

    def forward(self) -> None:
        np.minimum.reduce(self.x, axis=self.axes, out=self.out_kept, keepdims=True)
