"""Checking gradients against central differences, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from policies.engine.op import Array
from policies.engine.tensor import Tensor


class GradientError(AssertionError):
    """A gradient differs from its central difference; the message says which and by how much."""


def check_gradients(
    function: Callable[..., Tensor],
    *inputs: ArrayLike,
    step: float = 1e-6,
    tolerance: float = 1e-6,
) -> None:
    """Compare the gradient of ``function`` by each element of each input with its difference.

    function: maps one tensor for each input to a tensor of any shape; called many times, it
        must return the same for the same inputs, so a random one seeds itself anew.
    inputs: are taken as float64, and should keep clear of kinks by more than ``step``.
    tolerance: relative to the greatest difference, or to 1 where all are small.

    Raises GradientError at the first input that fails.
    """
    arrays = [np.array(x, np.float64) for x in inputs]
    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    weights = np.random.default_rng(0).standard_normal(function(*tensors).shape)

    def loss() -> Tensor:
        return (function(*tensors) * weights).sum()

    loss().backward()
    for i, (array, tensor) in enumerate(zip(arrays, tensors, strict=True)):
        differences = np.array(list(_differences(loss, array, step))).reshape(array.shape)
        actual = np.zeros_like(array) if tensor.grad is None else tensor.grad
        _compare(i, actual, differences, tolerance)


def _differences(loss: Callable[[], Tensor], array: Array, step: float) -> Iterator[float]:
    for place in np.ndindex(array.shape):
        value = array[place]
        array[place] = value + step
        above = loss().item()
        array[place] = value - step
        below = loss().item()
        array[place] = value
        yield (above - below) / (2 * step)


def _compare(i: int, actual: Array, expected: Array, tolerance: float) -> None:
    error = np.abs(actual - expected)
    bound = tolerance * max(1.0, float(np.abs(expected).max(initial=0.0)))
    # Written so that a NaN fails.
    if not (error <= bound).all():
        worst = np.unravel_index(int(np.argmax(error)), error.shape)
        place = ", ".join(str(int(k)) for k in worst)
        raise GradientError(
            f"input {i} at [{place}]: gradient {actual[worst]:.9g}, "
            f"central difference {expected[worst]:.9g}"
        )
