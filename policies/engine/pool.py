"""Pooling of images [n, h, w, c]: one number for each window and channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from policies.engine.op import Array, Op
from policies.engine.windows import WindowError, output_size

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor


class Pool(Op):
    """Base: goes over the k * k places in a window, for all windows at once."""

    def __init__(self, x: Tensor, kernel: int, stride: int) -> None:
        self.x, self.kernel, self.stride = x.data, kernel, stride
        if self.x.ndim != 4:
            raise WindowError(f"pooling takes x [n, h, w, c], got shape {x.shape}")
        n, h, w, c = self.x.shape
        size = output_size(h, kernel, stride), output_size(w, kernel, stride)
        super().__init__((x,), np.empty((n, *size, c), self.x.dtype))

    def _places(self, images: Array) -> Iterator[Array]:
        """View the pixel at each place of every window, [n, rows, columns, c]."""
        _, rows, columns, _ = self.out.shape
        down, across = ((count - 1) * self.stride + 1 for count in (rows, columns))
        for i in range(self.kernel):
            for j in range(self.kernel):
                yield images[:, i : i + down : self.stride, j : j + across : self.stride]


class MaxPool(Pool):
    """The greatest pixel; of several as great, the first has the gradient."""

    def forward(self) -> None:
        first, *others = self._places(self.x)
        np.copyto(self.out, first)
        for pixels in others:
            np.maximum(self.out, pixels, out=self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        dx.fill(0)
        part = self.scratch("part", grad.shape)
        for pixels, into in zip(self._places(self.x), self._places(dx), strict=True):
            np.equal(pixels, self.out, out=part, casting="unsafe")
            np.multiply(grad, part, part)
            np.add(into, part, into)
            np.subtract(grad, part, grad)  # spent, so that a later equal pixel has none


class AveragePool(Pool):
    """The mean of the pixels."""

    def forward(self) -> None:
        self.out.fill(0)
        for pixels in self._places(self.x):
            np.add(self.out, pixels, self.out)
        np.divide(self.out, self.kernel**2, self.out)

    def backward(self, grad: Array, dx: Array) -> None:
        dx.fill(0)
        np.divide(grad, self.kernel**2, grad)
        for into in self._places(dx):
            np.add(into, grad, into)
