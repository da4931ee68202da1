"""Convolution as one product a block: every window laid out as a row of a matrix."""

from __future__ import annotations

import numpy as np

from policies.engine.cells import Cells
from policies.engine.op import Array
from policies.engine.windows import windows


class Columns:
    """Copies windows to rows, and adds rows of windows back to images.

    A row holds [tap row, tap column, row in the cell, column in the cell, channel].
    Chellapilla, Puri, Simard 2006, "High Performance Convolutional Neural Networks".

    matrix: [length of a row, o]; block: samples laid out at once.
    """

    def __init__(self, cells: Cells, channels: int, block_bytes: int) -> None:
        self.cells, dtype = cells, cells.x.dtype
        self.length = cells.taps * cells.taps * cells.channels
        sample = self.length * cells.size[0] * cells.size[1]
        self.block = max(1, min(len(cells.x), block_bytes // (sample * dtype.itemsize)))
        self.matrix = np.empty((self.length, channels), dtype)
        self._windows = windows(cells.data, cells.taps, cells.step)
        self._buffer = np.empty(self.block * sample, dtype)
        self._d_cells = np.empty((self.block, *cells.data.shape[1:]), dtype)

    def take_weight(self, grouped: Array) -> None:
        """Take the weight [taps, taps, s, s, c, o]."""
        np.copyto(self.matrix.reshape(grouped.shape), grouped)

    def give_weight(self, d_matrix: Array, grouped: Array) -> None:
        """Write the gradient of the weight from that of ``matrix``."""
        np.copyto(grouped, d_matrix.reshape(grouped.shape))

    def forward(self, block: slice, out: Array) -> None:
        """Write the convolution of a block, [b, rows, columns, o]."""
        np.matmul(self._rows(block), self.matrix, out.reshape(-1, out.shape[-1]))

    def backward(self, block: slice, grad: Array, d_matrix: Array | None, dx: Array | None) -> None:
        """Write what a block gives to the gradient of ``matrix``, and that of its images."""
        rows = grad.reshape(-1, grad.shape[-1])
        if d_matrix is not None:
            np.matmul(self._rows(block).T, rows, d_matrix)
        if dx is not None:
            self._into_images(rows, dx)

    def _into_images(self, rows: Array, dx: Array) -> None:
        by_tap = self.matrix.reshape(-1, self.cells.channels, rows.shape[-1]).swapaxes(1, 2)
        parts = self._buffer[: len(rows) * self.length].reshape(len(by_tap), len(rows), -1)
        np.matmul(rows, by_tap, parts)
        d_cells = self._d_cells[: len(dx)]
        d_cells.fill(0)
        for tap, part in enumerate(parts):
            seen = d_cells[self._place(*divmod(tap, self.cells.taps))]
            np.add(seen, part.reshape(seen.shape), seen)
        self.cells.put_back(d_cells, dx)

    def _rows(self, block: slice) -> Array:
        samples = self._windows[block]
        rows = self._buffer[: samples.size]
        np.copyto(rows.reshape(samples.shape), samples)
        return rows.reshape(-1, self.length)

    def _place(self, i: int, j: int) -> tuple[slice, ...]:
        """Return where the tap (i, j) of every window lies among the cells."""
        (h, w), step = self.cells.size, self.cells.step
        down = slice(i, i + (h - 1) * step + 1, step)
        return slice(None), down, slice(j, j + (w - 1) * step + 1, step)
