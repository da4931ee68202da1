"""A trained actor reduced to arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from policies.errors import PolicyError
from policies.stack import Stack

Array = NDArray[np.float32]


class Policy:
    """A `Stack` of layers; the tanh of the mean is the action.

    arrays: those of the stack, from observations [o] to the head [2a], means first.

    Raises PolicyError if an array is missing, is one too many, or does not fit its neighbours.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._stack = Stack(arrays, "policy")
        if self._stack.size_out % 2:
            raise PolicyError(
                f"the head has {self._stack.size_out} outputs, not a mean and a deviation each"
            )
        self.observation_size = self._stack.size_in
        self.action_size = self._stack.size_out // 2

    def head(self, observation: Array) -> tuple[Array, Array]:
        """Return means and raw log standard deviations, [..., a] each, for [..., o]."""
        if observation.shape[-1:] != (self.observation_size,):
            raise PolicyError(
                f"the policy takes observations [..., {self.observation_size}], "
                f"got shape {observation.shape}"
            )
        x = self._stack(observation)
        return x[..., : self.action_size], x[..., self.action_size :]

    def act(self, observation: Array) -> Array:
        """Return the deterministic action [..., a], in [-1, 1], for observations [..., o]."""
        return np.tanh(self.head(observation)[0])
