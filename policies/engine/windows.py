"""Windows of images: how many fit, and the view that lays them out."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from policies.engine.op import Array


class WindowError(ValueError):
    """A kernel, stride or padding that does not fit the images."""


def output_size(size: int, kernel: int, stride: int, padding: int = 0) -> int:
    """Return how many windows fit along an axis of ``size``; pixels left over are not seen."""
    if kernel < 1 or stride < 1 or padding < 0:
        raise WindowError(
            f"kernel and stride must be at least 1 and padding at least 0, "
            f"got kernel {kernel}, stride {stride}, padding {padding}"
        )
    if size + 2 * padding < kernel:
        raise WindowError(
            f"a kernel of {kernel} does not fit {size} pixels with padding {padding}: "
            f"use larger images, a smaller kernel or more padding"
        )
    return (size + 2 * padding - kernel) // stride + 1


def windows(images: Array, kernel: int, stride: int) -> Array:
    """Return a view [n, rows, columns, k, k, c] of images [n, h, w, c]."""
    n, h, w, c = images.shape
    along_n, along_h, along_w, along_c = images.strides
    rows, columns = output_size(h, kernel, stride), output_size(w, kernel, stride)
    steps = (along_n, along_h * stride, along_w * stride, along_h, along_w, along_c)
    return as_strided(images, (n, rows, columns, kernel, kernel, c), steps)


def surround(images: Array, padding: int) -> tuple[Array, Array]:
    """Return zeros that leave ``padding`` pixels around the images, and the view inside."""
    n, h, w, c = images.shape
    padded = np.zeros((n, h + 2 * padding, w + 2 * padding, c), images.dtype)
    return padded, padded[:, padding : padding + h, padding : padding + w]
