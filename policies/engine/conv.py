"""Convolution of images, fused with its bias and activation, in blocks that fit the cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from policies.engine.op import Array, Op
from policies.engine.windows import WindowError, disjoint_parts, output_size, surround, windows

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor

ConvActivation = Literal["identity", "relu"]

COLUMN_BYTES = 512 * 1024
"""Room for the columns of a block of samples, so that they are written, multiplied and read
again before anything pushes them out of a level 2 cache of 1 MiB."""


class Convolve(Op):
    """``activation(conv2d(x, weight) + bias)``: the cross-correlation that nets call so.

    x [n, h, w, c], weight [k, k, c, o] (row, column, input channel, output channel), bias [o];
    the output is [n, rows, columns, o]. ``padding`` zeros surround the images.

    Block by block, samples are copied to columns, one row [k * k * c] a window, from where
    forward and both gradients are one matrix product each.
    Chellapilla, Puri, Simard 2006, "High Performance Convolutional Neural Networks".
    """

    def __init__(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        stride: int = 1,
        padding: int = 0,
        activation: ConvActivation = "identity",
    ) -> None:
        _check(x.data, weight.data, bias.data, activation)
        self.x, self.bias, self.padding, self.activation = x.data, bias.data, padding, activation
        n, h, w, _ = x.shape
        kernel, _, _, channels = weight.shape
        rows, columns = (output_size(size, kernel, stride, padding) for size in (h, w))
        super().__init__(
            (x, weight, bias), np.empty((n, rows, columns, channels), self.x.dtype, order="C")
        )
        self.weight = weight.data
        self.padded, self.inside = surround(self.x, padding) if padding else (self.x, self.x)
        self.windows = windows(self.padded, kernel, stride)
        self._allocate_block(kernel, stride)

    def _allocate_block(self, kernel: int, stride: int) -> None:
        shape = self.windows.shape[1:]
        sample_bytes = int(np.prod(shape)) * self.out.itemsize
        self.block = max(1, min(len(self.out), COLUMN_BYTES // sample_bytes))
        self.columns = np.empty((self.block, *shape), self.out.dtype)
        self.mask = np.empty((self.block, *self.out.shape[1:]), np.bool_)
        self.d_images = np.empty((self.block, *self.padded.shape[1:]), self.out.dtype)
        self.parts = disjoint_parts(windows(self.d_images, kernel, stride), kernel, stride)

    def forward(self) -> None:
        if self.padding:
            np.copyto(self.inside, self.x)
        weight = self._matrix(self.weight)
        for block in self._blocks():
            out = self.out[block]
            np.matmul(self._columns(block), weight, self._rows(out))
            np.add(out, self.bias, out)
            if self.activation == "relu":
                np.maximum(out, 0, out=out)

    def backward(
        self, grad: Array, dx: Array | None, d_weight: Array | None, d_bias: Array | None
    ) -> None:
        if d_weight is not None:
            d_weight.fill(0)
        for block in self._blocks():
            if self.activation == "relu":
                mask = self.mask[: len(grad[block])]
                np.greater(self.out[block], 0, mask)
                np.multiply(grad[block], mask, grad[block])
            rows = self._rows(grad[block])
            if d_weight is not None:
                self._add_to_weight(block, rows, self._matrix(d_weight))
            if dx is not None:
                self._into_images(rows, dx[block])
        if d_bias is not None:
            np.add.reduce(self._rows(grad), axis=0, out=d_bias)

    def _add_to_weight(self, block: slice, rows: Array, d_weight: Array) -> None:
        part = self.scratch("d_weight", d_weight.shape)
        np.matmul(self._columns(block).T, rows, part)
        np.add(d_weight, part, d_weight)

    def _into_images(self, rows: Array, dx: Array) -> None:
        count = len(dx)
        columns = self.columns[:count]
        np.matmul(rows, self._matrix(self.weight).T, columns.reshape(len(rows), -1))
        self.d_images.fill(0)
        for index, pixels in self.parts:
            np.add(pixels[:count], columns[index], pixels[:count])
        h, w = (slice(self.padding, self.padding + size) for size in dx.shape[1:3])
        np.copyto(dx, self.d_images[:count, h, w])

    def _blocks(self) -> Iterator[slice]:
        for start in range(0, len(self.out), self.block):
            yield slice(start, start + self.block)

    def _columns(self, block: slice) -> Array:
        samples = self.windows[block]
        columns = self.columns[: len(samples)]
        np.copyto(columns, samples)
        return columns.reshape(-1, self.weight.size // self.weight.shape[-1])

    @staticmethod
    def _matrix(weight: Array) -> Array:
        return weight.reshape(-1, weight.shape[-1])

    @staticmethod
    def _rows(out: Array) -> Array:
        return out.reshape(-1, out.shape[-1])


def _check(x: Array, weight: Array, bias: Array, activation: str) -> None:
    if x.ndim != 4 or weight.ndim != 4 or bias.ndim != 1:
        raise WindowError(
            f"conv2d takes x [n, h, w, c], weight [k, k, c, o] and bias [o], "
            f"got shapes {x.shape}, {weight.shape} and {bias.shape}"
        )
    if weight.shape != (weight.shape[0], weight.shape[0], x.shape[-1], len(bias)):
        raise WindowError(
            f"weight {weight.shape} does not fit: with x {x.shape} and bias {bias.shape} "
            f"it must be [k, k, {x.shape[-1]}, {len(bias)}]"
        )
    if activation not in ("identity", "relu"):
        raise ValueError(f"unknown activation {activation!r}: use 'identity' or 'relu'")
