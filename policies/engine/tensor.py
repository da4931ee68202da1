"""Arrays that remember how they were made, with numpy's operators."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from policies.engine import elementwise, linear, reduce, shape, unary
from policies.engine.op import Array, Op
from policies.engine.program import backpropagate
from policies.engine.reduce import Axis


class Tensor:
    """An array, the op that wrote it (None for a leaf), and whether gradients reach it.

    Operators and methods run at once, as in numpy. ``backward`` leaves the gradient of a
    scalar in the ``grad`` of every leaf that requires one, overwriting what was there.
    """

    __slots__ = ("data", "grad", "index", "op", "requires_grad")
    __array_ufunc__ = None  # numpy arrays on the left leave the operators to this class

    def __init__(
        self,
        data: ArrayLike,
        requires_grad: bool = False,
        op: Op | None = None,
        index: int = 0,
    ) -> None:
        array = np.asarray(data)
        self.data: Array = array if array.dtype.kind == "f" else array.astype(np.float32)
        self.grad: Array | None = None
        self.requires_grad = requires_grad
        self.op, self.index = op, index

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the length of each axis."""
        return self.data.shape

    def item(self) -> float:
        """Return the one element as a number."""
        return float(self.data.item())

    def backward(self) -> None:
        """Leave the gradient of this scalar in the leaves' ``grad``."""
        backpropagate(self)

    def detach(self) -> Tensor:
        """Return the same data, through which no gradient flows."""
        result = apply(shape.Detach(self))
        result.requires_grad = False
        return result

    def __repr__(self) -> str:
        made = f" by {type(self.op).__name__}" if self.op else ""
        return f"Tensor({self.data!r}{made})"

    def __len__(self) -> int:
        return len(self.data)

    def _as_tensor(self, other: Operand) -> Tensor:
        if isinstance(other, Tensor):
            return other
        return Tensor(np.asarray(other, self.data.dtype))

    def __add__(self, other: Operand) -> Tensor:
        return apply(elementwise.Add(self, self._as_tensor(other)))

    __radd__ = __add__

    def __sub__(self, other: Operand) -> Tensor:
        return apply(elementwise.Subtract(self, self._as_tensor(other)))

    def __rsub__(self, other: Operand) -> Tensor:
        return apply(elementwise.Subtract(self._as_tensor(other), self))

    def __mul__(self, other: Operand) -> Tensor:
        return apply(elementwise.Multiply(self, self._as_tensor(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> Tensor:
        return apply(elementwise.Divide(self, self._as_tensor(other)))

    def __rtruediv__(self, other: Operand) -> Tensor:
        return apply(elementwise.Divide(self._as_tensor(other), self))

    def __matmul__(self, other: Operand) -> Tensor:
        return apply(linear.MatMul(self, self._as_tensor(other)))

    def __rmatmul__(self, other: Operand) -> Tensor:
        return apply(linear.MatMul(self._as_tensor(other), self))

    def __neg__(self) -> Tensor:
        return apply(unary.Negate(self))

    def __getitem__(self, key: Any) -> Tensor:
        return apply(shape.Slice(self, key))

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        return apply(unary.Exp(self))

    def log(self) -> Tensor:
        """Return the natural logarithm of each element."""
        return apply(unary.Log(self))

    def sqrt(self) -> Tensor:
        """Return the square root of each element."""
        return apply(unary.Sqrt(self))

    def square(self) -> Tensor:
        """Return the square of each element."""
        return apply(unary.Square(self))

    def abs(self) -> Tensor:
        """Return the magnitude of each element."""
        return apply(unary.Absolute(self))

    def relu(self) -> Tensor:
        """Return the greater of each element and 0."""
        return apply(unary.Relu(self))

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element."""
        return apply(unary.Tanh(self))

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + exp(-x)) of each element."""
        return apply(unary.Sigmoid(self))

    def softplus(self) -> Tensor:
        """Return log(1 + exp(x)) of each element."""
        return apply(unary.Softplus(self))

    def clip(self, lower: float, upper: float) -> Tensor:
        """Return each element held within [lower, upper]."""
        return apply(unary.Clip(self, lower, upper))

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return the sum over ``axis`` (one, several, or None for all)."""
        return apply(reduce.Sum(self, axis, keepdims))

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return the arithmetic mean over ``axis`` (one, several, or None for all)."""
        return apply(reduce.Mean(self, axis, keepdims))

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return the greatest element over ``axis`` (one, several, or None for all)."""
        return apply(reduce.Max(self, axis, keepdims))

    def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Return the least element over ``axis`` (one, several, or None for all)."""
        return apply(reduce.Min(self, axis, keepdims))

    def reshape(self, *lengths: int) -> Tensor:
        """Return the same elements in another shape; one length may be -1."""
        return apply(shape.Reshape(self, lengths))

    def transpose(self, *axes: int) -> Tensor:
        """Return the axes in the given order, reversed if none is given."""
        return apply(shape.Transpose(self, axes or tuple(reversed(range(self.data.ndim)))))


Operand = Tensor | ArrayLike


def apply(op: Op) -> Tensor:
    """Run ``op`` forward and return its only output."""
    return apply_all(op)[0]


def apply_all(op: Op) -> tuple[Tensor, ...]:
    """Run ``op`` forward and return all of its outputs."""
    op.forward()
    needs = any(x.requires_grad for x in op.inputs)
    return tuple(Tensor(out, needs, op, i) for i, out in enumerate(op.outputs))
