"""Pictures of square markers whose poses are known exactly, for measuring what estimates them.

Every pixel is the mean of rays through it, each followed back through the lens to the marker's
plane. The arithmetic is this file's own, so that no error can cancel against the estimator's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Bits = NDArray[np.uint8]

_RAYS = 6  # a pixel's side
_INVERSIONS = 40  # of the lens; the error falls by a factor of three or more each


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A flat white square with a marker in its middle, facing along its z axis.

    cells: [n, n] 0 or 1 (white), the marker's black border included, first row on top (+y).
    marker, side: of the marker and of the white square [m]. pose: ``T_camera_panel``.
    """

    cells: Bits
    marker: float
    side: float
    pose: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class TrueLens:
    """Focal lengths and centre [px] of ``matrix`` [3, 3]; k1, k2, p1, p2, k3 of ``distortion``."""

    matrix: Matrix
    distortion: Matrix
    size: tuple[int, int]

    def pixels(self, points: Matrix) -> Matrix:
        """Return the pixels [..., 2] of ``points`` [..., 3] in the optical frame [m]."""
        x, y = self._distort(points[..., 0] / points[..., 2], points[..., 1] / points[..., 2])
        (fx, _, cx), (_, fy, cy), _ = self.matrix
        return np.stack([fx * x + cx, fy * y + cy], axis=-1)

    def rays(self, pixels: Matrix) -> Matrix:
        """Return the directions (x, y) at depth 1 [..., 2] that are seen at ``pixels``."""
        (fx, _, cx), (_, fy, cy), _ = self.matrix
        seen_x, seen_y = (pixels[..., 0] - cx) / fx, (pixels[..., 1] - cy) / fy
        x, y = seen_x.copy(), seen_y.copy()
        for _ in range(_INVERSIONS):
            bent_x, bent_y = self._distort(x, y)
            x, y = x + seen_x - bent_x, y + seen_y - bent_y
        return np.stack([x, y], axis=-1)

    def _distort(self, x: Matrix, y: Matrix) -> tuple[Matrix, Matrix]:
        k1, k2, p1, p2, k3 = self.distortion
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return (
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        )


def draw(
    picture: Matrix, panels: Iterable[Panel], lens: TrueLens, black: float, white: float
) -> None:
    """Draw into ``picture`` [height, width] the ``panels`` that face the camera.

    black, white: brightness of the marker's cells; panels must not hide one another.
    """
    for panel in panels:
        if panel.pose[:3, 2] @ panel.pose[:3, 3] < 0:
            _draw(picture, panel, lens, black, white)


def _draw(picture: Matrix, panel: Panel, lens: TrueLens, black: float, white: float) -> None:
    rows, columns = _box(panel, lens)
    x, y = _on_panel(panel, _rays(lens, rows, columns))
    covered = (np.abs(x) < panel.side / 2) & (np.abs(y) < panel.side / 2)
    light = covered * np.where(_bright(panel, x, y), white, black)
    patch = picture[rows, columns]
    patch *= 1 - covered.mean(axis=-1)
    patch += light.mean(axis=-1)


def _box(panel: Panel, lens: TrueLens) -> tuple[slice, slice]:
    """Return rows and columns of the pixels that the panel touches."""
    half = panel.side / 2
    edge = np.linspace(-half, half, 9)
    ends = np.full(9, half)
    sides = (edge, ends), (edge, -ends), (ends, edge), (-ends, edge)
    outline = np.concatenate([np.stack(side, axis=1) for side in sides])
    seen = lens.pixels(outline @ panel.pose[:3, :2].T + panel.pose[:3, 3])
    low = np.floor(seen.min(axis=0)).astype(int) - 1
    high = np.ceil(seen.max(axis=0)).astype(int) + 2
    (left, top), (right, bottom) = np.maximum(low, 0), np.minimum(high, lens.size)
    return slice(top, max(top, bottom)), slice(left, max(left, right))


def _rays(lens: TrueLens, rows: slice, columns: slice) -> Matrix:
    """Return the directions [rows, columns, rays, 2] through each pixel, evenly spread.

    The lens is followed exactly at the corners of pixels and linearly within: that errs by
    1e-3 pixels at most.
    """
    x = np.arange(columns.start, columns.stop + 1) - 0.5
    y = np.arange(rows.start, rows.stop + 1) - 0.5
    corner = lens.rays(np.stack(np.meshgrid(x, y), axis=-1))
    i, j = (grid.ravel()[:, None] for grid in np.indices((_RAYS, _RAYS)))
    # No two of them in one row or column, so that an edge along those is as finely rendered.
    u = (i + (j + 0.5) / _RAYS) / _RAYS
    v = (j + (i + 0.5) / _RAYS) / _RAYS
    corner = corner[:, :, None]
    top = corner[:-1, :-1] * (1 - u) + corner[:-1, 1:] * u
    low = corner[1:, :-1] * (1 - u) + corner[1:, 1:] * u
    return top * (1 - v) + low * v


def _on_panel(panel: Panel, rays: Matrix) -> tuple[Matrix, Matrix]:
    """Return where, x and y on the panel [m], the ``rays`` meet its plane."""
    to_panel = np.linalg.inv(panel.pose[:3, [0, 1, 3]])
    met = rays @ to_panel[:, :2].T + to_panel[:, 2]
    return met[..., 0] / met[..., 2], met[..., 1] / met[..., 2]


def _bright(panel: Panel, x: Matrix, y: Matrix) -> NDArray[np.bool_]:
    n = len(panel.cells)
    column = np.floor((x / panel.marker + 0.5) * n).astype(int)
    row = np.floor((0.5 - y / panel.marker) * n).astype(int)
    outside = (column < 0) | (column >= n) | (row < 0) | (row >= n)
    bright: NDArray[np.bool_] = panel.cells[row.clip(0, n - 1), column.clip(0, n - 1)] > 0
    return bright | outside
