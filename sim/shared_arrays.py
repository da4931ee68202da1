"""Named arrays in memory shared with worker processes, which no crash can leak."""

from ctypes import c_byte
from multiprocessing.sharedctypes import RawArray
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64
"""Bytes between starts of arrays: one cache line, so that processes do not share one."""


class SharedArrays:
    """Arrays laid out one after the other in one anonymous block of shared memory.

    The block has no name in the file system, so it is gone with the last process that holds it,
    however that one ends. Pass the instance to a process as one of its arguments.
    """

    def __init__(self, fields: dict[str, tuple[tuple[int, ...], DTypeLike]]) -> None:
        self._fields: dict[str, tuple[int, tuple[int, ...], DTypeLike]] = {}
        end = 0
        for name, (shape, dtype) in fields.items():
            self._fields[name] = (end, shape, dtype)
            size = int(np.prod(shape)) * np.dtype(dtype).itemsize
            end += -(-size // ALIGNMENT) * ALIGNMENT
        self._block = RawArray(c_byte, end)

    def views(self) -> dict[str, NDArray[Any]]:
        """Return the arrays, in this process; writing to them writes to shared memory."""
        return {
            name: np.ndarray(shape, dtype, memoryview(self._block), offset)
            for name, (offset, shape, dtype) in self._fields.items()
        }
