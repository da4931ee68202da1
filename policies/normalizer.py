"""Running mean and deviation of observations, for environments that do not scale them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.observation import ObservationSpec

Array = NDArray[np.float32]

CLIP = 10.0
"""Normalised observations are kept within this many deviations."""
LEAST_DEVIATION = 1e-2
"""Keeps a value that hardly changed so far from being blown up when it does."""


class Normalizer:
    """Mean and variance of every number seen in observations, merged batch by batch.

    An image is left as it is.

    (T. F. Chan, G. H. Golub, R. J. LeVeque, Updating formulae and a pairwise algorithm for
    computing sample variances, 1979.)
    """

    def __init__(self, spec: ObservationSpec) -> None:
        self.spec = spec
        self.count = np.zeros((), np.float64)
        self.mean = np.zeros(spec.vector_size, np.float64)
        self.squares = np.zeros(spec.vector_size, np.float64)

    def update(self, observations: NDArray[Any]) -> None:
        """Take observations [n, ...] into account."""
        vectors = self.spec.vector(observations)
        n = len(vectors)
        mean = vectors.mean(axis=0, dtype=np.float64)
        total = self.count + n
        delta = mean - self.mean
        self.squares += ((vectors - mean) ** 2).sum(axis=0)
        self.squares += delta**2 * (self.count * n / total)
        self.mean += delta * (n / total)
        self.count = total

    def scale(self) -> tuple[Array, Array]:
        """Return (mean, deviation) of the numbers; none below LEAST_DEVIATION."""
        if not self.count:
            return np.zeros_like(self.mean, np.float32), np.ones_like(self.mean, np.float32)
        deviation = np.sqrt(self.squares / self.count)
        return self.mean.astype(np.float32), np.maximum(deviation, LEAST_DEVIATION).astype(
            np.float32
        )

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return the sums, for `load_state`."""
        return {"count": np.array(self.count), "mean": self.mean, "squares": self.squares}

    def load_state(self, arrays: Mapping[str, NDArray[np.float64]]) -> None:
        """Take over the sums."""
        self.count = np.array(arrays["count"])
        self.mean[...] = arrays["mean"]
        self.squares[...] = arrays["squares"]


def normalize(
    spec: ObservationSpec, observations: NDArray[Any], mean: Array, deviation: Array
) -> NDArray[Any]:
    """Shift and scale the numbers of observations [..., *spec.shape] where they are.

    Clips them to ±10. Returns ``observations``.
    """
    numbers = spec.vector(observations)
    np.subtract(numbers, mean, out=numbers)
    np.divide(numbers, deviation, out=numbers)
    np.clip(numbers, -CLIP, CLIP, out=numbers)
    return observations
