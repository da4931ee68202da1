"""Convolution and pooling by the definition, pixel by pixel, in float64."""

from collections.abc import Callable

import numpy as np


def pad(x: np.ndarray, padding: int, value: float = 0.0) -> np.ndarray:
    spread = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    return np.pad(x, spread, constant_values=value)


def slide(
    x: np.ndarray, kernel: int, stride: int, function: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return [n, rows, columns, ...] of ``function`` of each window [n, k, k, c]."""
    rows = range(0, x.shape[1] - kernel + 1, stride)
    columns = range(0, x.shape[2] - kernel + 1, stride)
    return np.stack(
        [
            np.stack([function(x[:, i : i + kernel, j : j + kernel]) for j in columns], axis=1)
            for i in rows
        ],
        axis=1,
    )


def conv2d_reference(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    x, weight = x.astype(np.float64), weight.astype(np.float64)

    def window(part: np.ndarray) -> np.ndarray:
        return np.einsum("nijc,ijco->no", part, weight)

    return slide(pad(x, padding), len(weight), stride, window) + bias


def conv2d_gradients(
    x: np.ndarray, weight: np.ndarray, grad: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients for x, weight and bias of ``sum(conv2d * grad)``."""
    kernel = len(weight)
    padded = pad(x, padding)
    d_padded, d_weight = np.zeros_like(padded), np.zeros_like(weight)
    for i, j in np.ndindex(grad.shape[1:3]):
        place = np.s_[:, i * stride : i * stride + kernel, j * stride : j * stride + kernel]
        d_padded[place] += np.einsum("no,ijco->nijc", grad[:, i, j], weight)
        d_weight += np.einsum("nijc,no->ijco", padded[place], grad[:, i, j])
    h, w = x.shape[1:3]
    dx = d_padded[:, padding : padding + h, padding : padding + w]
    return dx, d_weight, grad.sum((0, 1, 2))
