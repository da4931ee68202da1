"""Images laid out one row a window, and rows of windows added back to images."""

from __future__ import annotations

import numpy as np

from policies.engine.op import Array
from policies.engine.windows import output_size, surround, windows


class Columns:
    """The windows of a batch of images [n, h, w, c] as rows of a matrix, a block at a time.

    Where the stride s divides the kernel, images are first rearranged to cells of s by s pixels
    (space to depth), [n, h/s, w/s, s * s * c]. Of these a window has ``taps`` = kernel/s each
    way and the stride is 1, so that all copies run over long stretches. Otherwise a cell is a
    pixel. A row holds [tap row, tap column, row in the cell, column in the cell, channel].

    size: windows down and across. channels: length of a cell. block: samples laid out at once.
    """

    def __init__(self, x: Array, kernel: int, stride: int, padding: int, block_bytes: int) -> None:
        n, h, w, c = x.shape
        self.x, self.padding = x, padding
        self.size = output_size(h, kernel, stride, padding), output_size(w, kernel, stride, padding)
        self.cell = stride if kernel % stride == 0 else 1
        self.taps, self.step = kernel // self.cell, stride // self.cell
        self.channels = self.cell * self.cell * c
        self._reach = tuple((count - 1) * self.step + self.taps for count in self.size)
        self._rearrange()
        sample = self.taps * self.taps * self.channels * self.size[0] * self.size[1]
        self.block = max(1, min(n, block_bytes // (sample * x.itemsize)))
        self._buffer = np.empty(self.block * sample, x.dtype)
        self._back = np.empty((self.block, *self.cells.shape[1:]), x.dtype)
        self._back_padded = np.zeros((self.block, *self._padded.shape[1:]), x.dtype)

    def _rearrange(self) -> None:
        self._is_copied = self.padding > 0 or not self.x.flags.c_contiguous
        self._padded, self._inside = (
            surround(self.x, self.padding) if self._is_copied else (self.x, self.x)
        )
        h, w = self._reach
        self.cells = self._padded[:, :h, :w]
        if self.cell > 1:
            source = self._by_cell(self._padded)
            self.cells = np.empty((len(self.x), h, w, self.channels), self.x.dtype)
            self._moved = _wide(self.cells.reshape(source.shape)), _wide(source)
        self._windows = windows(self.cells, self.taps, self.step)

    def _by_cell(self, images: Array) -> Array:
        """View the pixels that any window sees as [n, h/s, w/s, s, s * c]."""
        (h, w), s = self._reach, self.cell
        seen = images[:, : h * s, : w * s]
        return seen.reshape(len(images), h, s, w, -1).swapaxes(2, 3)

    def refresh(self) -> None:
        """Take the present values of the images."""
        if self._is_copied:
            np.copyto(self._inside, self.x)
        if self.cell > 1:
            np.copyto(*self._moved)

    def rows(self, block: slice) -> Array:
        """Return the windows of a block, one a row, until the buffer is used again."""
        samples = self._windows[block]
        rows = self._buffer[: samples.size].reshape(samples.shape)
        np.copyto(rows, samples)
        return rows.reshape(-1, self.taps * self.taps * self.channels)

    def products(self, x: Array, y: Array) -> Array:
        """Return ``x @ y`` for each tap, [taps * taps, rows, channels], in the same buffer."""
        out = self._buffer[: len(y) * len(x) * self.channels].reshape(len(y), len(x), -1)
        np.matmul(x, y, out)
        return out

    def add_back(self, rows: Array, dx: Array) -> None:
        """Write into ``dx``, a block of images, the sum of their windows in ``rows``.

        rows: by tap, as ``products`` gives them.
        """
        cells = self._back[: len(dx)]
        cells.fill(0)
        for tap, part in enumerate(rows):
            seen = cells[self._place(*divmod(tap, self.taps))]
            np.add(seen, part.reshape(seen.shape), seen)
        images = self._back_padded[: len(dx)] if self.padding else dx
        by_cell = self._by_cell(images)
        np.copyto(by_cell, cells.reshape(by_cell.shape))
        h, w = (count * self.cell for count in self._reach)
        images[:, h:] = 0
        images[:, :, w:] = 0
        if self.padding:
            p = self.padding
            np.copyto(dx, images[:, p : p + dx.shape[1], p : p + dx.shape[2]])

    def _place(self, i: int, j: int) -> tuple[slice, ...]:
        """Return where the tap (i, j) of every window lies among the cells."""
        (h, w), step = self.size, self.step
        down = slice(i, i + (h - 1) * step + 1, step)
        return slice(None), down, slice(j, j + (w - 1) * step + 1, step)

    def group(self, weight: Array) -> Array:
        """View weight [k, k, c, o] in the order of a row: [taps, taps, s, s, c, o]."""
        t, s = self.taps, self.cell
        return weight.reshape(t, s, t, s, *weight.shape[2:]).transpose(0, 2, 1, 3, 4, 5)


def _wide(array: Array) -> Array:
    """View runs of 8 or 16 bytes as single elements, which numpy moves four times as fast."""
    wide = {8: np.complex64, 16: np.complex128}.get(array.shape[-1] * array.itemsize)
    return array if wide is None else array.view(wide)
