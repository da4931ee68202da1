"""Arrays that several processes see, handed out in an order they agree on."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from policies.engine.op import Array

Place = Callable[[Array], Array]
"""Returns the array to use in place of a freshly initialised one: ``numpy.copy``, or shared."""


class SharedArrays:
    """A ``Place`` for the same code run by several processes.

    The process that makes it without ``blocks`` copies each initial array into a new block
    of shared memory. A process that is given those blocks finds them in the same order, and
    leaves their contents as they are.
    """

    def __init__(self, blocks: Sequence[Any] | None = None) -> None:
        self.blocks: list[Any] = []
        self._given = None if blocks is None else iter(blocks)

    def __call__(self, initial: Array) -> Array:
        """Return the shared array that takes the place of ``initial``."""
        if self._given is not None:
            return _view(next(self._given), initial)
        block = multiprocessing.get_context("spawn").RawArray("b", max(1, initial.nbytes))
        self.blocks.append(block)
        array = _view(block, initial)
        np.copyto(array, initial)
        return array


def _view(block: Any, like: Array) -> Array:
    return np.frombuffer(block, like.dtype, like.size).reshape(like.shape)
