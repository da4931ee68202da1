"""Trained layers reduced to arrays: what runs on the arm, with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from policies.errors import PolicyError

Array = NDArray[np.float32]


class Stack:
    """Linear layers with ReLU between them.

    arrays: ``0.weight`` [i, h], ``0.bias`` [h], ``1.weight``, ... They are not copied, so that it
        follows layers still in training. what: whose they are, for errors.

    Raises PolicyError if an array is missing, is one too many, or does not fit its neighbours.
    """

    def __init__(self, arrays: Mapping[str, Array], what: str) -> None:
        depth = len(arrays) // 2
        expected = {f"{i}.{part}" for i in range(depth) for part in ("weight", "bias")}
        if not depth or set(arrays) != expected:
            raise PolicyError(f"not the arrays of a {what}: {', '.join(sorted(arrays)) or 'none'}")
        self._layers = [(arrays[f"{i}.weight"], arrays[f"{i}.bias"]) for i in range(depth)]
        _check_shapes(
            [weight.shape for weight, _ in self._layers], [b.shape for _, b in self._layers]
        )
        self.size_in: int = self._layers[0][0].shape[0]
        self.size_out: int = self._layers[-1][0].shape[1]

    def __call__(self, x: Array) -> Array:
        """Return what they make [..., o] of ``x`` [..., i], float32."""
        x = np.asarray(x, np.float32)
        for weight, bias in self._layers[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        weight, bias = self._layers[-1]
        return x @ weight + bias


def _check_shapes(weights: list[tuple[int, ...]], biases: list[tuple[int, ...]]) -> None:
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if len(weight) != 2 or bias != weight[1:]:
            raise PolicyError(f"layer {i} has weight {weight} and bias {bias}: they do not fit")
    for i, (left, right) in enumerate(pairwise(weights)):
        if left[1] != right[0]:
            raise PolicyError(f"layer {i} gives {left[1]} values, layer {i + 1} takes {right[0]}")
