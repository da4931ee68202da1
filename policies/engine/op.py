"""An operation of the graph: it owns its output buffer and both of its directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor

Array = NDArray[Any]


class Op:
    """One node of the graph.

    A subclass allocates ``outputs`` in its constructor, and ``forward`` writes them in place
    from the data of ``inputs``, so that running ``forward`` again after the inputs changed
    needs no memory and no new graph.

    ``backward(*output_gradients, *input_gradients)`` overwrites each input gradient (None
    where it is not wanted); summing over several uses of a tensor is the caller's business.
    It may destroy the output gradients.
    """

    is_view: bool = False
    """The output aliases an input, so that a replay has nothing to compute."""

    backward: Callable[..., None]

    def __init__(self, inputs: tuple[Tensor, ...], *outputs: Array) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.out = outputs[0]
        self._scratch: dict[tuple[str, tuple[int, ...]], Array] = {}

    def forward(self) -> None:
        """Write the outputs from the inputs."""

    def scratch(self, name: str, shape: tuple[int, ...]) -> Array:
        """Return a buffer of this op that lives as long as the op, made at its first use."""
        key = (name, shape)
        if key not in self._scratch:
            self._scratch[key] = np.empty(shape, self.out.dtype)
        return self._scratch[key]


def sum_to(full: Array, out: Array) -> None:
    """Write into ``out`` the sum of ``full`` over the axes that broadcasting had stretched."""
    kept = (1,) * (full.ndim - out.ndim) + out.shape
    axes = tuple(i for i, (n, k) in enumerate(zip(full.shape, kept, strict=True)) if n != k)
    np.add.reduce(full, axis=axes, out=out.reshape(kept), keepdims=True)
