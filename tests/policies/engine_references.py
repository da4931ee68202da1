"""What the cases of operations and layers are made of: random inputs, and scalar references.

The references are written with the standard library's scalar functions and Python loops, so
that they share nothing with the code they judge.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from conv_reference import slide

from policies.engine.tensor import Tensor

RNG = np.random.default_rng(7)


@dataclass(frozen=True)
class Case:
    """``function`` of tensors made from ``inputs`` must equal ``reference`` of the arrays."""

    subject: type
    function: Callable[..., Tensor]
    inputs: tuple[np.ndarray, ...]
    reference: Callable[..., np.ndarray]
    note: str = ""

    def __str__(self) -> str:
        return f"{self.subject.__name__} {self.note}".strip()


def normal(*lengths: int) -> np.ndarray:
    """Draw values that keep 0.05 away from 0, where many functions have a kink."""
    values = RNG.standard_normal(lengths)
    return np.where(np.abs(values) < 0.05, values + 0.3, values)


def positive(*lengths: int) -> np.ndarray:
    return RNG.uniform(0.3, 2.0, lengths)


def each(function: Callable[..., float]) -> Callable[..., np.ndarray]:
    """Apply a scalar function to broadcast arrays, one element at a time."""

    def over(*arrays: np.ndarray) -> np.ndarray:
        broadcast = np.broadcast_arrays(*arrays)
        values = [
            function(*map(float, xs)) for xs in zip(*(b.ravel() for b in broadcast), strict=True)
        ]
        return np.array(values).reshape(broadcast[0].shape)

    return over


def rows(function: Callable[[list[float]], list[float]]) -> Callable[..., np.ndarray]:
    """Apply a function of a list of floats to each row."""

    def over(x: np.ndarray) -> np.ndarray:
        flat = x.reshape(-1, x.shape[-1])
        return np.array([function([float(v) for v in row]) for row in flat]).reshape(x.shape)

    return over


def looped_product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Multiply matrices by the definition, with broadcast leading axes."""
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x = np.broadcast_to(x, (*lead, *x.shape[-2:]))
    y = np.broadcast_to(y, (*lead, *y.shape[-2:]))
    out = np.zeros((*lead, x.shape[-2], y.shape[-1]))
    for place in np.ndindex(out.shape):
        *batch, i, j = place
        out[place] = sum(x[(*batch, i, k)] * y[(*batch, k, j)] for k in range(x.shape[-1]))
    return out


def affine_reference(activation: Callable[[float], float]) -> Callable[..., np.ndarray]:
    def over(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        total = looped_product(x, weight)
        return each(lambda z, b: activation(z + b))(total, bias)

    return over


def softmax_row(row: list[float]) -> list[float]:
    total = math.fsum(math.exp(v) for v in row)
    return [math.exp(v) / total for v in row]


def normalized_row(row: list[float], epsilon: float = 1e-5) -> list[float]:
    mean = math.fsum(row) / len(row)
    variance = math.fsum((v - mean) ** 2 for v in row) / len(row)
    return [(v - mean) / math.sqrt(variance + epsilon) for v in row]


def layer_norm_reference(x: np.ndarray, gain: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return rows(normalized_row)(x) * gain + bias


def looped_reduction(function: Callable[[list[float]], float], axis, keepdims: bool = False):
    def over(x: np.ndarray) -> np.ndarray:
        axes = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
        axes = [a % x.ndim for a in axes]
        kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
        out = np.zeros(kept)
        for place in np.ndindex(*kept):
            ranges = [range(x.shape[i]) if i in axes else [place[i]] for i in range(x.ndim)]
            out[place] = function([float(x[p]) for p in product(*ranges)])
        return out if keepdims else out.reshape([n for i, n in enumerate(x.shape) if i not in axes])

    return over


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def pooled(kernel: int, stride: int, function: Callable[..., np.ndarray]):
    return lambda x: slide(x, kernel, stride, lambda part: function(part, axis=(1, 2)))


def batch_norm_reference(
    x: np.ndarray, gain: np.ndarray, bias: np.ndarray, epsilon: float = 1e-5
) -> np.ndarray:
    features = x.reshape(-1, x.shape[-1])
    normalized = [normalized_row([float(v) for v in feature], epsilon) for feature in features.T]
    return np.array(normalized).T.reshape(x.shape) * gain + bias


def kept_by_dropout(x: np.ndarray) -> np.ndarray:
    draws = np.random.default_rng(3).random(x.shape, np.float32)
    return each(lambda v, draw: v / 0.75 if draw >= 0.25 else 0.0)(x, draws)
