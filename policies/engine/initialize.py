"""Initial weights, each drawn as [fan_in, fan_out] in float32."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Initializer = Callable[[np.random.Generator, int, int], NDArray[np.float32]]


def uniform(bound: float) -> Initializer:
    """Draw evenly from [-bound, bound]."""

    def draw(rng: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float32]:
        return rng.uniform(-bound, bound, (fan_in, fan_out)).astype(np.float32)

    return draw


def fan_in_uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float32]:
    """Draw evenly from ±1/sqrt(fan_in), as torch does for its linear layers."""
    return uniform(fan_in**-0.5)(rng, fan_in, fan_out)


def kaiming(rng: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float32]:
    """Draw evenly with variance 2/fan_in, which ReLU layers pass on unchanged.

    He et al. 2015, "Delving Deep into Rectifiers", eq. 10.
    """
    return uniform((6 / fan_in) ** 0.5)(rng, fan_in, fan_out)


def xavier(rng: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float32]:
    """Draw evenly with variance 2/(fan_in + fan_out).

    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
    networks", eq. 16.
    """
    return uniform((6 / (fan_in + fan_out)) ** 0.5)(rng, fan_in, fan_out)


def orthogonal(gain: float = 1.0) -> Initializer:
    """Draw a matrix whose rows or columns, whichever are fewer, are orthonormal, times gain.

    Saxe et al. 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks".
    """

    def draw(rng: np.random.Generator, fan_in: int, fan_out: int) -> NDArray[np.float32]:
        tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
        q, r = np.linalg.qr(tall)
        q *= np.sign(np.diag(r))  # makes the distribution uniform (Haar)
        return (gain * (q if fan_in >= fan_out else q.T)).astype(np.float32)

    return draw
