"""How sharp a chessboard is seen: the width of the edges between its corners."""

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.camera import Picture
from perception.lens import Matrix

SAMPLES = 25
FEWEST = 4
CONTRAST = 24.0
"""[grey levels] Between the two sides of what is taken for an edge."""


def edge_width(
    grey: Picture, ids: NDArray[np.int64], pixels: Matrix, across: int, margin: float
) -> float:
    """Return how wide the edges are from black to white [px]; NaN if too few can be measured.

    ``ids`` [n] name the corners ``pixels`` [n, 2] of a board with ``across`` corners in a row,
    whose squares are plain for the part ``margin`` on both sides of an edge. Width is contrast
    over steepest slope, about 2.5 sigma of a Gaussian blur. It is the greater of the medians
    along the rows and along the columns, for motion blurs one of them.
    """
    return max(
        (_median_width(grey, *pairs, margin) for pairs in _neighbours(ids, pixels, across)),
        key=lambda width: (np.isnan(width), width),
    )


def _neighbours(ids: NDArray[np.int64], pixels: Matrix, across: int) -> list[tuple[Matrix, Matrix]]:
    """Return the ends of all edges that lie along a row, and along a column."""
    place = {int(corner): pixel for corner, pixel in zip(ids, pixels, strict=True)}
    pairs = []
    for step in (1, across):
        ends = [
            (place[corner], place[corner + step])
            for corner in place
            if corner + step in place and (step > 1 or (corner + 1) % across)
        ]
        starts = np.array([start for start, _ in ends]).reshape(-1, 2)
        pairs.append((starts, np.array([end for _, end in ends]).reshape(-1, 2)))
    return pairs


def _median_width(grey: Picture, starts: Matrix, ends: Matrix, margin: float) -> float:
    if len(starts) < FEWEST:
        return float("nan")
    along = ends - starts
    normal = np.stack((-along[:, 1], along[:, 0]), axis=-1)
    reach = np.linspace(-margin, margin, SAMPLES)
    places = (starts + along / 2)[:, None] + reach[:, None] * normal[:, None]
    x, y = np.moveaxis(places.astype(np.float32), -1, 0)
    levels = cv2.remap(grey, x, y, cv2.INTER_LINEAR).astype(np.float64)
    step = np.linalg.norm(along, axis=-1) * (reach[1] - reach[0])
    contrast = np.ptp(levels, axis=-1)
    slope = np.abs(np.diff(levels, axis=-1)).max(axis=-1) / step
    seen = contrast > CONTRAST
    return float(np.median(contrast[seen] / slope[seen])) if seen.sum() >= FEWEST else float("nan")
