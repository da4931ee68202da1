"""Images rearranged to cells as large as the stride of a convolution, and back."""

from __future__ import annotations

import numpy as np

from policies.engine.op import Array
from policies.engine.windows import output_size, surround


class Cells:
    """The part of a batch of images [n, h, w, c] that windows see, as cells [n, H, W, s * s * c].

    Where the stride s divides the kernel, a cell is s by s pixels (space to depth): of these a
    window has ``taps`` = kernel/s each way, and its ``step`` is 1, so that all that follows runs
    over long stretches. Otherwise a cell is a pixel.

    size: windows down and across. channels: length of a cell.
    """

    def __init__(self, x: Array, kernel: int, stride: int, padding: int) -> None:
        n, h, w, c = x.shape
        self.x, self.padding = x, padding
        self.size = output_size(h, kernel, stride, padding), output_size(w, kernel, stride, padding)
        self.side = stride if kernel % stride == 0 else 1
        self.taps, self.step = kernel // self.side, stride // self.side
        self.channels = self.side * self.side * c
        self.reach = tuple((count - 1) * self.step + self.taps for count in self.size)
        self._is_copied = padding > 0 or not x.flags.c_contiguous
        self._padded, self._inside = surround(x, padding) if self._is_copied else (x, x)
        self.data = self._padded[:, : self.reach[0], : self.reach[1]]
        if self.side > 1:
            source = self._by_cell(self._padded)
            self.data = np.empty((n, *self.reach, self.channels), x.dtype)
            self._moved = _wide(self.data.reshape(source.shape)), _wide(source)
        self._back = np.zeros((0, *self._padded.shape[1:]), x.dtype)

    def _by_cell(self, images: Array) -> Array:
        """View the pixels that any window sees as [n, H, W, s, s * c]."""
        (h, w), s = self.reach, self.side
        seen = images[:, : h * s, : w * s]
        return seen.reshape(len(images), h, s, w, -1).swapaxes(2, 3)

    def refresh(self) -> None:
        """Take the present values of the images."""
        if self._is_copied:
            np.copyto(self._inside, self.x)
        if self.side > 1:
            np.copyto(*self._moved)

    def put_back(self, cells: Array, dx: Array) -> None:
        """Write cells [b, H, W, s * s * c] to the pixels ``dx`` they are made of, 0 elsewhere."""
        if len(self._back) < len(dx) and self.padding:
            self._back = np.zeros((len(dx), *self._padded.shape[1:]), dx.dtype)
        images = self._back[: len(dx)] if self.padding else dx
        by_cell = self._by_cell(images)
        np.copyto(by_cell, cells.reshape(*cells.shape[:3], *by_cell.shape[3:]))
        h, w = (count * self.side for count in self.reach)
        images[:, h:] = 0
        images[:, :, w:] = 0
        if self.padding:
            p = self.padding
            np.copyto(dx, images[:, p : p + dx.shape[1], p : p + dx.shape[2]])

    def group(self, weight: Array) -> Array:
        """View weight [k, k, c, o] by tap and cell: [taps, taps, s, s, c, o]."""
        t, s = self.taps, self.side
        return weight.reshape(t, s, t, s, *weight.shape[2:]).transpose(0, 2, 1, 3, 4, 5)


def _wide(array: Array) -> Array:
    """View runs of 8 or 16 bytes as single elements, which numpy moves four times as fast."""
    wide = {8: np.complex64, 16: np.complex128}.get(array.shape[-1] * array.itemsize)
    return array if wide is None else array.view(wide)
