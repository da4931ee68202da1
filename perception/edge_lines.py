"""Straight lines through the points of a square's sides, and the corners where they meet."""

import numpy as np

from perception.lens import Matrix

_ROUNDS = 3
_TUKEY = 4.685  # standard deviations beyond which a point counts for nothing
_NORMAL = 1.4826  # standard deviation over median deviation


def intersections(corners: Matrix, points: Matrix, weight: Matrix) -> tuple[Matrix, Matrix]:
    """Return corners [m, 4, 2] where lines through the ``points`` of neighbouring sides meet.

    corners: [m, 4, 2] roughly. points: [m, 4, n, 2], of the side from each corner to the next.
    weight: of each [m, 4, n]. Also returns how far the points scatter about their lines [m].
    """
    along = corners[:, [1, 2, 3, 0]] - corners
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-12)
    across = np.stack([along[..., 1], -along[..., 0]], axis=-1)
    offsets = points - corners[:, :, None]
    u = (offsets * along[:, :, None]).sum(axis=-1)
    v = (offsets * across[:, :, None]).sum(axis=-1)
    offset, slope, scatter = _robust_lines(u, v, weight)
    return _meet(corners + across * offset[..., None], along + across * slope[..., None]), scatter


def _robust_lines(u: Matrix, v: Matrix, weight: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Return offset and slope [m, 4] of v = offset + slope u, and the scatter [m].

    Reweighted by Tukey's biweight, so that a finger over an edge does not bend the line.
    """
    kept = weight
    for _ in range(_ROUNDS):
        total = np.maximum(kept.sum(axis=-1), 1e-12)
        mean_u, mean_v = (kept * u).sum(axis=-1) / total, (kept * v).sum(axis=-1) / total
        du, dv = u - mean_u[..., None], v - mean_v[..., None]
        slope = (kept * du * dv).sum(axis=-1) / np.maximum((kept * du * du).sum(axis=-1), 1e-18)
        miss = np.abs(dv - slope[..., None] * du)
        scale = _NORMAL * _medians(miss)[:, None, None] + 1e-9
        kept = weight * np.maximum(1 - (miss / (_TUKEY * scale)) ** 2, 0) ** 2
    return mean_v - slope * mean_u, slope, scale[:, 0, 0]


def _medians(miss: Matrix) -> Matrix:
    """Return the median [m] of ``miss`` [m, 4, n]; np.median would take ten times as long."""
    flat = miss.reshape(len(miss), -1)
    middle = flat.shape[1] // 2
    medians: Matrix = np.partition(flat, middle, axis=1)[:, middle]
    return medians


def _meet(through: Matrix, along: Matrix) -> Matrix:
    """Return where each line meets the one before it."""
    before, towards = through[:, [3, 0, 1, 2]], along[:, [3, 0, 1, 2]]
    gap = through - before
    cross = towards[..., 0] * along[..., 1] - towards[..., 1] * along[..., 0]
    share = (gap[..., 0] * along[..., 1] - gap[..., 1] * along[..., 0]) / np.where(
        cross == 0, np.nan, cross
    )
    met: Matrix = before + towards * share[..., None]
    return met
