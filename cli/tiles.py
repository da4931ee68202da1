"""Colours and tiles the arrays inside a network, so that people can look at them."""

from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

UNKNOWN = np.array((96, 96, 104), np.uint8)  # a picture's value 0: nothing was measured there
GROUND = (150, 160, 170)  # told apart from both ends of every colour map
TILE = 32  # height that small tiles are enlarged to [px]
VEIL = 0.55  # brightness of a picture under a heat map


def seen(image: Pixels) -> Pixels:
    """Return RGB [h, w, 3] of a policy's picture [h, w, c]: near is bright, grey is unknown."""
    if image.shape[-1] == 3:
        return image
    values = image[:, :, 0]
    return np.where(values[:, :, None] == 0, UNKNOWN, _map("viridis_r", values / 255))


def signed(values: NDArray[Any], limit: float) -> Pixels:
    """Return RGB [..., 3] of values from -limit (blue) over 0 (white) to limit (red)."""
    return _map("RdBu_r", 0.5 + 0.5 * values / max(limit, 1e-12))


def strength(shares: NDArray[Any]) -> Pixels:
    """Return RGB [..., 3] of values from 0 (black) to 1 (light)."""
    return _map("magma", shares)


def heat_over(image: Pixels, heat: NDArray[Any]) -> Pixels:
    """Return RGB [h, w, 3] of a picture [h, w, c] in grey, under a heat map [h, w] from 0 up."""
    share = (heat / max(float(heat.max()), 1e-12))[:, :, None]
    grey = VEIL * np.repeat(image.mean(axis=-1, keepdims=True), 3, axis=-1)
    mixed = grey * (1 - share) + _map("hot", 0.35 + 0.5 * share[:, :, 0]) * share
    return mixed.astype(np.uint8)


def mosaic(tiles: Pixels, columns: int) -> Pixels:
    """Return RGB ``tiles`` [n, h, w, 3] row by row in one picture, thin lines between them."""
    larger = max(1, TILE // tiles.shape[1])
    tiles = tiles.repeat(larger, axis=1).repeat(larger, axis=2)
    n, height, width, _ = tiles.shape
    rows = -(-n // columns)
    sheet = np.full((rows * columns, height + 1, width + 1, 3), GROUND, np.uint8)
    sheet[:n, :height, :width] = tiles
    grid = sheet.reshape(rows, columns, height + 1, width + 1, 3).swapaxes(1, 2)
    whole = grid.reshape(rows * (height + 1), columns * (width + 1), 3)
    return whole[:-1, :-1]


def _map(name: str, values: NDArray[Any]) -> Pixels:
    """Return RGB [..., 3] of values in [0, 1]."""
    colours: Pixels = mpl.colormaps[name](np.clip(values, 0, 1), bytes=True)
    return colours[..., :3]
