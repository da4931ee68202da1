"""Operations on two arrays, element by element, with numpy's broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from policies.engine.op import Array, Op, sum_to

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor


class Binary(Op):
    """Base: a subclass gives ``forward`` and the gradient by ``x`` and by ``y``."""

    grad_x: Callable[[Array, Array], object]
    grad_y: Callable[[Array, Array], object]

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x.data, y.data
        shape = np.broadcast_shapes(self.x.shape, self.y.shape)
        super().__init__((x, y), np.empty(shape, np.result_type(self.x, self.y)))

    def backward(self, grad: Array, dx: Array | None, dy: Array | None) -> None:
        """Send ``grad`` through each partial derivative and undo the broadcasting."""
        for partial, into in ((self.grad_x, dx), (self.grad_y, dy)):
            if into is None:
                continue
            if into.shape == grad.shape:
                partial(grad, into)
            else:
                full = self.scratch("full", grad.shape)
                partial(grad, full)
                sum_to(full, into)


class Add(Binary):
    """``x + y``."""

    def forward(self) -> None:
        np.add(self.x, self.y, self.out)

    def grad_x(self, grad: Array, out: Array) -> None:
        np.copyto(out, grad)

    grad_y = grad_x


class Subtract(Binary):
    """``x - y``."""

    def forward(self) -> None:
        np.subtract(self.x, self.y, self.out)

    def grad_x(self, grad: Array, out: Array) -> None:
        np.copyto(out, grad)

    def grad_y(self, grad: Array, out: Array) -> None:
        np.negative(grad, out)


class Multiply(Binary):
    """``x * y``."""

    def forward(self) -> None:
        np.multiply(self.x, self.y, self.out)

    def grad_x(self, grad: Array, out: Array) -> None:
        np.multiply(grad, self.y, out)

    def grad_y(self, grad: Array, out: Array) -> None:
        np.multiply(grad, self.x, out)


class Divide(Binary):
    """``x / y``."""

    def forward(self) -> None:
        np.divide(self.x, self.y, self.out)

    def grad_x(self, grad: Array, out: Array) -> None:
        np.divide(grad, self.y, out)

    def grad_y(self, grad: Array, out: Array) -> None:
        np.multiply(grad, self.out, out)
        np.divide(out, self.y, out)
        np.negative(out, out)


class Maximum(Binary):
    """The greater of ``x`` and ``y``; the gradient of a tie goes to ``x``."""

    def forward(self) -> None:
        np.maximum(self.x, self.y, out=self.out)

    def grad_x(self, grad: Array, out: Array) -> None:
        np.multiply(grad, self.x >= self.y, out)

    def grad_y(self, grad: Array, out: Array) -> None:
        np.multiply(grad, self.x < self.y, out)


class Minimum(Binary):
    """The lesser of ``x`` and ``y``; the gradient of a tie goes to ``x``."""

    def forward(self) -> None:
        np.minimum(self.x, self.y, out=self.out)

    def grad_x(self, grad: Array, out: Array) -> None:
        np.multiply(grad, self.x <= self.y, out)

    def grad_y(self, grad: Array, out: Array) -> None:
        np.multiply(grad, self.x > self.y, out)


class Where(Binary):
    """``x`` where ``condition`` holds, else ``y``; ``condition`` is a boolean array."""

    def __init__(self, condition: Array, x: Tensor, y: Tensor) -> None:
        self.condition = condition
        super().__init__(x, y)
        if np.broadcast_shapes(condition.shape, self.out.shape) != self.out.shape:
            raise ValueError(
                f"condition of shape {condition.shape} is larger than the values, {self.out.shape}"
            )

    def forward(self) -> None:
        np.copyto(self.out, self.y)
        np.copyto(self.out, self.x, where=self.condition)

    def grad_x(self, grad: Array, out: Array) -> None:
        np.multiply(grad, self.condition, out)

    def grad_y(self, grad: Array, out: Array) -> None:
        np.multiply(grad, ~self.condition, out)
