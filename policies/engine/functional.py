"""Functions of tensors that are not methods, and the losses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.engine import batch_norm, conv, elementwise, linear, loss, normalize, pool, shape
from policies.engine.conv import ConvActivation
from policies.engine.linear import Activation
from policies.engine.op import Array
from policies.engine.tensor import Tensor, apply


def affine(
    x: Tensor, weight: Tensor, bias: Tensor | None, activation: Activation = "identity"
) -> Tensor:
    """Return ``activation(x @ weight + bias)``, or without bias where it is None.

    x [..., i], weight [i, o], bias [o]; or for an ensemble of k layers x [n, i] or [k, n, i],
    weight [k, i, o], bias [k, 1, o].
    """
    if weight.data.ndim == 3 or x.data.ndim == 2:
        return apply(linear.Affine(x, weight, bias, activation))
    rows = x.reshape(-1, x.shape[-1])
    return apply(linear.Affine(rows, weight, bias, activation)).reshape(*x.shape[:-1], -1)


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    stride: int = 1,
    padding: int = 0,
    activation: ConvActivation = "identity",
) -> Tensor:
    """Return ``activation(conv2d(x, weight) + bias)``, of shape [n, rows, columns, o].

    x [n, h, w, c], weight [k, k, c, o], bias [o]; ``padding`` zeros surround each image.
    """
    return apply(conv.Convolve(x, weight, bias, stride, padding, activation))


def max_pool2d(x: Tensor, kernel: int, stride: int | None = None) -> Tensor:
    """Return the greatest of each window, per channel: x [n, h, w, c] to [n, rows, columns, c].

    stride: the kernel if None. Pixels left over are not seen.
    """
    return apply(pool.MaxPool(x, kernel, kernel if stride is None else stride))


def average_pool2d(x: Tensor, kernel: int, stride: int | None = None) -> Tensor:
    """Return the mean of each window, as ``max_pool2d`` returns the greatest."""
    return apply(pool.AveragePool(x, kernel, kernel if stride is None else stride))


def batch_normalize(
    x: Tensor, gain: Tensor, bias: Tensor, running: batch_norm.Running, epsilon: float = 1e-5
) -> Tensor:
    """Return x [..., f] with mean 0 and variance 1 over all axes but the last, and note them.

    The result is multiplied by gain [f], and bias [f] is added. Of an ensemble they are [k, 1, f],
    and each member of x [k, n, f] is normalised by itself.
    """
    return apply(batch_norm.BatchNormalize(x, gain, bias, running, epsilon))


def concatenate(parts: Sequence[Tensor], axis: int = -1) -> Tensor:
    """Return the parts joined along ``axis``."""
    return apply(shape.Concatenate(tuple(parts), axis))


def maximum(x: Tensor, y: Tensor) -> Tensor:
    """Return the greater of each pair of elements."""
    return apply(elementwise.Maximum(x, y))


def minimum(x: Tensor, y: Tensor) -> Tensor:
    """Return the lesser of each pair of elements."""
    return apply(elementwise.Minimum(x, y))


def where(condition: Array, x: Tensor, y: Tensor) -> Tensor:
    """Return ``x`` where the boolean array ``condition`` holds, else ``y``."""
    return apply(elementwise.Where(condition, x, y))


def gather(x: Tensor, indices: Array, axis: int = -1) -> Tensor:
    """Return ``numpy.take_along_axis(x, indices, axis)``."""
    return apply(shape.Gather(x, indices, axis))


def take(x: Tensor, indices: Array) -> Tensor:
    """Return the rows ``x[indices]``."""
    return apply(shape.Take(x, indices))


def softmax(x: Tensor) -> Tensor:
    """Return the probabilities of the logits ``x`` along the last axis."""
    return apply(normalize.Softmax(x))


def log_softmax(x: Tensor) -> Tensor:
    """Return the log-probabilities of the logits ``x`` along the last axis."""
    return apply(normalize.LogSoftmax(x))


def layer_normalize(x: Tensor, gain: Tensor, bias: Tensor, epsilon: float = 1e-5) -> Tensor:
    """Return ``x`` with mean 0 and variance 1 along the last axis, times gain, plus bias."""
    return apply(normalize.LayerNormalize(x, gain, bias, epsilon))


def dropout(x: Tensor, rate: float, rng: np.random.Generator) -> Tensor:
    """Return ``x`` with each element dropped with probability ``rate``, the others scaled up."""
    return apply(normalize.Drop(x, rate, rng))


def squared_error(prediction: Tensor, target: Tensor, scale: float = 1.0) -> Tensor:
    """Return ``scale`` times the sum of the squared differences."""
    return apply(loss.SquaredError(prediction, target, scale))


def mse(prediction: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared error."""
    count = np.broadcast(prediction.data, target.data).size
    return squared_error(prediction, target, 1 / count)


def huber(prediction: Tensor, target: Tensor, delta: float = 1.0) -> Tensor:
    """Return the mean Huber loss: quadratic for errors up to ``delta``, linear beyond.

    Written as ``clipped * (|error| - clipped / 2)`` with ``clipped = min(|error|, delta)``.
    Huber 1964, "Robust Estimation of a Location Parameter".
    """
    error = (prediction - target).abs()
    clipped = error.clip(0.0, delta)
    return (clipped * (error - clipped * 0.5)).mean()


def cross_entropy(logits: Tensor, labels: Array) -> Tensor:
    """Return the mean of ``-log softmax(logits)[label]``: logits [n, c], labels [n] integers."""
    return -gather(log_softmax(logits), labels[:, None]).mean()
