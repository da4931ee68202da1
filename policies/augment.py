"""Augmentation of images: random shifts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def random_shift(
    images: NDArray[Any], pad: int, rng: np.random.Generator, out: NDArray[Any]
) -> None:
    """Write each image, moved by up to ``pad`` pixels each way, into ``out``.

    images, out: [n, h, w, c] of any one dtype, out contiguous; they must not overlap. Pixels
    that come in from outside repeat the edge: the same as padding by replication and cropping
    at random.
    Yarats, Kostrikov, Fergus 2021, "Image Augmentation Is All You Need", section 3.1.
    """
    n, h, w, _ = images.shape
    if (out.shape, out.dtype) != (images.shape, images.dtype) or not out.flags.c_contiguous:
        raise ValueError(
            f"out is {out.dtype} {out.shape}, but must be contiguous and "
            f"like the images: {images.dtype} {images.shape}"
        )
    shifts = rng.integers(-pad, pad, size=(2, n, 1), endpoint=True)
    rows = np.clip(np.arange(h) + shifts[0], 0, h - 1)
    columns = np.clip(np.arange(w) + shifts[1], 0, w - 1)
    samples = np.arange(n)[:, None]
    pixels = ((samples * h + rows)[:, :, None] * w + columns[:, None, :]).reshape(-1)
    flat = images.reshape(n * h * w, -1)
    # Clipping never happens, but unlike raising it lets numpy write to out directly.
    np.take(flat, pixels, axis=0, out=out.reshape(flat.shape), mode="clip")
