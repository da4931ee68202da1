"""Operations on one array, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from policies.engine.op import Array, Op

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor


class Unary(Op):
    """Base: an output of the shape of the one input ``x``."""

    def __init__(self, x: Tensor) -> None:
        self.x = x.data
        super().__init__((x,), np.empty_like(self.x, order="C"))


class Negate(Unary):
    """``-x``."""

    def forward(self) -> None:
        np.negative(self.x, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.negative(grad, dx)


class Exp(Unary):
    """The exponential."""

    def forward(self) -> None:
        np.exp(self.x, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.multiply(grad, self.out, dx)


class Log(Unary):
    """The natural logarithm."""

    def forward(self) -> None:
        np.log(self.x, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.divide(grad, self.x, dx)


class Sqrt(Unary):
    """The square root."""

    def forward(self) -> None:
        np.sqrt(self.x, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.divide(grad, self.out, dx)
        np.multiply(dx, 0.5, dx)


class Square(Unary):
    """``x * x``."""

    def forward(self) -> None:
        np.multiply(self.x, self.x, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.multiply(grad, self.x, dx)
        np.multiply(dx, 2.0, dx)


class Absolute(Unary):
    """``|x|``, with slope 0 at 0."""

    def forward(self) -> None:
        np.absolute(self.x, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.multiply(grad, np.sign(self.x), dx)


class Relu(Unary):
    """``max(x, 0)``, with slope 0 at 0."""

    def forward(self) -> None:
        np.maximum(self.x, 0, out=self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.multiply(grad, self.out > 0, dx)


class Tanh(Unary):
    """The hyperbolic tangent."""

    def forward(self) -> None:
        np.tanh(self.x, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.multiply(self.out, self.out, dx)
        np.subtract(1.0, dx, dx)
        np.multiply(grad, dx, dx)


class Sigmoid(Unary):
    """``1 / (1 + exp(-x))``, written with tanh so that it cannot overflow."""

    def forward(self) -> None:
        np.multiply(self.x, 0.5, self.out)
        np.tanh(self.out, self.out)
        np.multiply(self.out, 0.5, self.out)
        np.add(self.out, 0.5, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.subtract(1.0, self.out, dx)
        np.multiply(dx, self.out, dx)
        np.multiply(grad, dx, dx)


class Softplus(Unary):
    """``log(1 + exp(x))``, without overflow."""

    def forward(self) -> None:
        np.logaddexp(self.x, 0, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        # The slope, sigmoid(x), is exp(x - softplus(x)): its exponent is never positive.
        np.subtract(self.x, self.out, dx)
        np.exp(dx, dx)
        np.multiply(grad, dx, dx)


class Clip(Unary):
    """``x`` held within [lower, upper], with slope 0 outside."""

    def __init__(self, x: Tensor, lower: float, upper: float) -> None:
        self.lower, self.upper = lower, upper
        super().__init__(x)

    def forward(self) -> None:
        np.clip(self.x, self.lower, self.upper, out=self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        np.multiply(grad, (self.x >= self.lower) & (self.x <= self.upper), dx)
