"""Convolution of two by two taps with nine products for four outputs instead of sixteen."""

from __future__ import annotations

from math import prod

import numpy as np

from policies.engine.cells import Cells
from policies.engine.op import Array


class Tiles:
    """Minimal filtering of tiles of two by two outputs, F(2x2, 2x2).

    Along one axis, with cells a, b, c and taps u, v, the outputs a u + b v and b u + c v are
    sums of three products: (a - b) u, b (u + v) and (c - b) v.
    Winograd 1980, "Arithmetic Complexity of Computations"; Lavin and Gray 2016, "Fast
    Algorithms for Convolutional Neural Networks", section 4.

    matrix: [9, length of a cell, o]; block: samples handled at once.
    """

    def __init__(self, cells: Cells, channels: int, block_bytes: int) -> None:
        self.cells, dtype = cells, cells.x.dtype
        self._tiles = h, w = -(-cells.size[0] // 2), -(-cells.size[1] // 2)
        length = cells.channels
        sample = 9 * h * w * (length + channels)
        self.block = max(1, min(len(cells.x), block_bytes // (sample * dtype.itemsize)))
        self.matrix = np.empty((9, length, channels), dtype)
        # What an odd number of outputs lacks to whole tiles stays zero.
        self._in, self._d_cells = np.zeros((2, self.block, 2 * h + 1, 2 * w + 1, length), dtype)
        self._out, self._d_out = np.zeros((2, self.block, 2 * h, 2 * w, channels), dtype)
        self._half_in = np.empty(self.block * 3 * h * (2 * w + 1) * length, dtype)
        self._whole_in = np.empty(self.block * 9 * h * w * length, dtype)
        self._half_out = np.empty(self.block * 6 * h * w * channels, dtype)
        self._whole_out = np.empty(self.block * 9 * h * w * channels, dtype)

    def take_weight(self, grouped: Array) -> None:
        """Take the weight [2, 2, s, s, c, o]."""
        weights = self.matrix.reshape(3, 3, *grouped.shape[2:])
        np.copyto(weights[::2, ::2], grouped)
        np.add(weights[0, ::2], weights[2, ::2], weights[1, ::2])
        np.add(weights[:, 0], weights[:, 2], weights[:, 1])

    def give_weight(self, d_matrix: Array, grouped: Array) -> None:
        """Write the gradient of the weight from that of ``matrix``, which is spent."""
        weights = d_matrix.reshape(3, 3, *grouped.shape[2:])
        np.add(weights[:, ::2], weights[:, 1:2], weights[:, ::2])
        np.add(weights[::2, ::2], weights[1:2, ::2], grouped)

    def forward(self, block: slice, out: Array) -> None:
        """Write the convolution of a block, [b, rows, columns, o]."""
        cells = self._split_cells(block)
        products = _shaped(self._whole_out, *cells.shape[:-1], out.shape[-1])
        np.matmul(_nine(cells), self.matrix, _nine(products))
        half = _shaped(self._half_out, 2, *products.shape[1:])
        np.add(products[:2], products[1:], half)
        whole = self._out[: len(out)]
        np.add(half[:, :2], half[:, 1:], self._by_place(whole))
        np.copyto(out, whole[:, : out.shape[1], : out.shape[2]])

    def backward(self, block: slice, grad: Array, d_matrix: Array | None, dx: Array | None) -> None:
        """Write what a block gives to the gradient of ``matrix``, and that of its images."""
        products = self._split_gradient(grad)
        if d_matrix is not None:
            cells = self._split_cells(block)
            np.matmul(_nine(cells).swapaxes(1, 2), _nine(products), d_matrix)
        if dx is not None:
            self._into_images(products, dx)

    def _into_images(self, products: Array, dx: Array) -> None:
        length, (h, w) = self.cells.channels, self._tiles
        cells = _shaped(self._whole_in, *products.shape[:-1], length)
        np.matmul(_nine(products), self.matrix.swapaxes(1, 2), _nine(cells))
        half = _shaped(self._half_in, 3, len(dx), h, 2 * w + 1, length)
        _merge(cells.transpose(1, 4, 0, 2, 3, 5), half.transpose(3, 0, 1, 2, 4))
        d_cells = self._d_cells[: len(dx)]
        _merge(half.swapaxes(1, 2), d_cells.swapaxes(0, 1))
        down, across = self.cells.reach
        self.cells.put_back(d_cells[:, :down, :across], dx)

    def _split_cells(self, block: slice) -> Array:
        """Return the differences of cells [3, 3, b, h, w, length] that the weights multiply."""
        given = self.cells.data[block]
        (h, w), length, count = self._tiles, self.cells.channels, len(given)
        cells = self._in[:count]
        if given.shape == cells.shape:
            cells = given
        else:
            np.copyto(cells[:, : given.shape[1], : given.shape[2]], given)
        half = _shaped(self._half_in, 3, count, h, 2 * w + 1, length)
        whole = _shaped(self._whole_in, 3, 3, count, h, w, length)
        _split(cells.swapaxes(0, 1), half.swapaxes(1, 2))
        _split(half.transpose(3, 0, 1, 2, 4), whole.transpose(1, 4, 0, 2, 3, 5))
        return whole

    def _split_gradient(self, grad: Array) -> Array:
        """Return the gradients [3, 3, b, h, w, o] of the nine products."""
        whole = self._d_out[: len(grad)]
        np.copyto(whole[:, : grad.shape[1], : grad.shape[2]], grad)
        places = self._by_place(whole)
        half = _shaped(self._half_out, 2, 3, *places.shape[2:])
        products = _shaped(self._whole_out, 3, 3, *places.shape[2:])
        np.copyto(half[:, ::2], places)
        np.add(places[:, 0], places[:, 1], half[:, 1])
        np.copyto(products[::2], half)
        np.add(half[0], half[1], products[1])
        return products

    def _by_place(self, images: Array) -> Array:
        """View [b, 2 h, 2 w, o] by the place in a tile, [2, 2, b, h, w, o]."""
        h, w = self._tiles
        return images.reshape(len(images), h, 2, w, 2, -1).transpose(2, 4, 0, 1, 3, 5)


def _split(cells: Array, parts: Array) -> None:
    """Write a - b, b and c - b of the cells a, b, c of each tile, along the first axis."""
    first, middle, last = cells[:-1:2], cells[1::2], cells[2::2]
    np.subtract(first, middle, parts[0])
    np.copyto(parts[1], middle)
    np.subtract(last, middle, parts[2])


def _merge(parts: Array, cells: Array) -> None:
    """Write the gradient of the cells from those of the parts: the transpose of ``_split``."""
    odd, even = cells[1::2], cells[::2]
    np.subtract(parts[1], parts[0], odd)
    np.subtract(odd, parts[2], odd)
    np.copyto(even[:-1], parts[0])
    even[-1] = 0
    np.add(even[1:], parts[2], even[1:])


def _shaped(buffer: Array, *shape: int) -> Array:
    return buffer[: prod(shape)].reshape(shape)


def _nine(parts: Array) -> Array:
    return parts.reshape(9, -1, parts.shape[-1])
