"""A trained actor reduced to arrays: what runs on the arm, with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from policies.errors import PolicyError

Array = NDArray[np.float32]


class Policy:
    """Linear layers with ReLU between them; the tanh of the mean is the action.

    arrays: ``0.weight`` [o, h], ``0.bias`` [h], ``1.weight``, ... up to the head [2a], means
        first. They are not copied, so that a policy follows a network still in training.

    Raises PolicyError if an array is missing, is one too many, or does not fit its neighbours.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        depth = len(arrays) // 2
        expected = {f"{i}.{part}" for i in range(depth) for part in ("weight", "bias")}
        if not depth or set(arrays) != expected:
            raise PolicyError(f"not the arrays of a policy: {', '.join(sorted(arrays)) or 'none'}")
        self._layers = [(arrays[f"{i}.weight"], arrays[f"{i}.bias"]) for i in range(depth)]
        _check_shapes(
            [weight.shape for weight, _ in self._layers], [b.shape for _, b in self._layers]
        )
        self.observation_size = self._layers[0][0].shape[0]
        self.action_size = self._layers[-1][0].shape[1] // 2

    def head(self, observation: Array) -> tuple[Array, Array]:
        """Return means and raw log standard deviations, [..., a] each, for [..., o]."""
        if observation.shape[-1:] != (self.observation_size,):
            raise PolicyError(
                f"the policy takes observations [..., {self.observation_size}], "
                f"got shape {observation.shape}"
            )
        x = np.asarray(observation, np.float32)
        for weight, bias in self._layers[:-1]:
            x = np.maximum(x @ weight + bias, 0)
        weight, bias = self._layers[-1]
        x = x @ weight + bias
        return x[..., : self.action_size], x[..., self.action_size :]

    def act(self, observation: Array) -> Array:
        """Return the deterministic action [..., a], in [-1, 1], for observations [..., o]."""
        return np.tanh(self.head(observation)[0])


def _check_shapes(weights: list[tuple[int, ...]], biases: list[tuple[int, ...]]) -> None:
    for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        if len(weight) != 2 or bias != weight[1:]:
            raise PolicyError(f"layer {i} has weight {weight} and bias {bias}: they do not fit")
    for i, (left, right) in enumerate(pairwise(weights)):
        if left[1] != right[0]:
            raise PolicyError(f"layer {i} gives {left[1]} values, layer {i + 1} takes {right[0]}")
    if weights[-1][1] % 2:
        raise PolicyError(f"the head has {weights[-1][1]} outputs, not a mean and a deviation each")
