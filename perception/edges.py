"""Corners of black squares to hundredths of a pixel: lines through their edges, intersected.

A corner is a handful of pixels, an edge many: fitting the four edges and intersecting them uses
all of those. Blur moves no straight edge, but it does round every corner.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.edge_lines import intersections
from perception.lens import Lens, Matrix
from perception.rays import project, straighten

Gray = NDArray[np.uint8]
Profiles = NDArray[np.float32]

_SAMPLES = 24  # profiles across a side
_TAPS = 17  # pixels read along a profile
_ENDS = 0.1  # share of a side left out at both ends, where corners are rounded
_INWARD, _OUTWARD = 0.9, 0.5  # where an edge is sought first, in cells
_REACH = 0.6  # of a cell to both sides, where a white rim and a black border are
_SHORTEST, _LONGEST = 1.2, 3.0  # that reach [px]
_WINDOW = 1.5  # about an edge, in which its rise is weighed [px]
_SHIFTS = 7  # of that window
_FLOOR = 0.02  # standard deviation of a corner that no picture beats [px]
_CROWDED, _FAINT = 5.0, 3.0  # cells from where on blur mixes the edges of rim and border [px]
_MIXED = 0.13  # error of a corner at the latter [px]; measured on rendered markers
_NEXT = [1, 2, 3, 0]
_INSIDE = np.linspace(0.2, 0.8, 16)  # of a marker, where its black and white are measured


def refine_corners(gray: Gray, corners: Matrix, cells: int, lens: Lens) -> tuple[Matrix, Matrix]:
    """Return better ``corners`` [m, 4, 2] (clockwise, [px]) of markers ``cells`` cells wide.

    They may be those of the white rim: the edge meant is where black ends. Also returns the
    standard deviation [m] of a corner's coordinates [px], from how far the edges' points scatter
    about their lines. Sides are straight only without distortion, so lines are fitted there.
    """
    cell = _heights(corners) / cells
    level = _levels(gray, corners)[:, None, None, None]
    straight = straighten(lens, corners)
    taps = cell[..., None] * np.linspace(-_INWARD, _OUTWARD, _TAPS)
    pixels, outward = _along_sides(straight, lens)
    profiles, _ = _profiles(gray, pixels, outward, taps)
    offset, found = _crossings(profiles, taps, level)
    points = straighten(lens, pixels + outward * offset[..., None])
    straight, _ = intersections(straight, points, found)

    taps = np.clip(_REACH * cell, _SHORTEST, _LONGEST)[..., None] * np.linspace(-1, 1, _TAPS)
    pixels, outward = _along_sides(straight, lens)
    profiles, inside = _profiles(gray, pixels, outward, taps)
    offset, strength = _steepest(profiles, taps)
    points = straighten(lens, pixels + outward * offset[..., None])
    straight, scatter = intersections(straight, points, strength * inside)
    refined = project(lens, straight)
    return refined, _corner_noise(refined, scatter * lens.matrix[0, 0], cell.min(axis=1))


def _heights(corners: Matrix) -> Matrix:
    """Return how far from each side [m, 4] the opposite one is [px]."""
    along = corners[:, _NEXT] - corners
    opposite = (corners[:, [2, 3, 0, 1]] + corners[:, [3, 0, 1, 2]]) / 2
    across = opposite - corners
    area = np.abs(along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0])
    heights: Matrix = area / np.maximum(np.linalg.norm(along, axis=-1), 1e-9)
    return heights


def _levels(gray: Gray, corners: Matrix) -> Matrix:
    """Return the grey [m] half way between the black and the white inside each marker."""
    right, down = np.meshgrid(_INSIDE, _INSIDE)
    weights = np.stack(
        [(1 - right) * (1 - down), right * (1 - down), right * down, (1 - right) * down], axis=-1
    )
    at = np.einsum("ijk,mkc->mijc", weights, corners).astype(np.float32)
    inside = cv2.remap(gray, at.reshape(-1, _INSIDE.size, 2), None, cv2.INTER_LINEAR)
    greys = np.sort(inside.reshape(len(corners), -1), axis=1)
    few = greys.shape[1] // 20
    return np.asarray((greys[:, few] + greys[:, -few].astype(np.float64)) / 2)


def _along_sides(straight: Matrix, lens: Lens) -> tuple[Matrix, Matrix]:
    """Return pixels along each side [m, 4, n, 2], and its outward normal [m, 4, 1, 2]."""
    share = np.linspace(_ENDS, 1 - _ENDS, _SAMPLES)[:, None]
    start, end = straight[:, :, None], straight[:, _NEXT, None]
    pixels = project(lens, start + (end - start) * share)
    along = pixels[:, :, -1] - pixels[:, :, 0]
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    return pixels, np.stack([along[..., 1], -along[..., 0]], axis=-1)[:, :, None]


def _profiles(
    gray: Gray, pixels: Matrix, outward: Matrix, taps: Matrix
) -> tuple[Profiles, NDArray[np.bool_]]:
    """Return the grey [m, 4, n, taps] outward from ``pixels``, and which are in the picture.

    taps: how far outward it is read, for each side [m, 4, taps] [px].
    """
    at = pixels[..., None, :] + outward[..., None, :] * taps[:, :, None, :, None]
    rows = at.astype(np.float32).reshape(-1, _TAPS, 2)
    read = cv2.remap(gray, rows, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    height, width = gray.shape
    within = (at >= 0) & (at <= (width - 1, height - 1))
    inside = np.asarray(within.all(axis=(-1, -2)))
    return read.astype(np.float32).reshape(at.shape[:-1]), inside


def _crossings(profiles: Profiles, taps: Matrix, level: Matrix) -> tuple[Matrix, Matrix]:
    """Return where each profile first rises from black past ``level`` [m, 4, n] [px], and if so."""
    above = profiles > level
    rises = above[..., 1:] & ~above[..., :-1]
    first = rises.argmax(axis=-1)[..., None]
    low, high = (np.take_along_axis(profiles, first + i, axis=-1) for i in (0, 1))
    share = np.clip((level - low) / np.maximum(high - low, 1e-3), 0, 1)
    wide = np.broadcast_to(taps[:, :, None], profiles.shape)
    start, end = (np.take_along_axis(wide, first + i, axis=-1) for i in (0, 1))
    offset: Matrix = start + share * (end - start)
    return offset[..., 0], np.asarray(rises.any(axis=-1), np.float64)


def _steepest(profiles: Profiles, taps: Matrix) -> tuple[Matrix, Matrix]:
    """Return where each profile rises steepest [m, 4, n] [px], and how much, by mean shift.

    Only what is within a window about that place counts, so that another edge beyond a narrow
    white rim does not pull it over (Comaniciu and Meer, 2002). The window is flat, to the eighth
    power: the centroid of a whole rise is where an ideal edge is, exactly, for pixels that average
    over their area and are read in between.
    """
    rise = np.maximum(np.diff(profiles, axis=-1), 0)
    at = ((taps[..., 1:] + taps[..., :-1]) / 2).astype(np.float32)[:, :, None]
    place = np.zeros((*rise.shape[:3], 1), dtype=np.float32)
    for _ in range(_SHIFTS):
        near = (at - place) * np.float32(1 / _WINDOW)
        near *= near
        near *= near
        near *= near
        np.maximum(1 - near, 0, out=near)
        near *= rise
        total = near.sum(axis=-1, keepdims=True)
        place = (near * at).sum(axis=-1, keepdims=True) / np.maximum(total, np.float32(1e-9))
    return place[..., 0].astype(np.float64), total[..., 0].astype(np.float64)


def _corner_noise(corners: Matrix, scatter: Matrix, cell: Matrix) -> Matrix:
    """Return the standard deviation of a corner [m] from that of a point of an edge [px].

    A line extrapolated to its end has sqrt(1 + 3 / (1 - 2 ends)^2) times the deviation of its
    mean; neighbouring points are independent from a pixel apart on.
    """
    length = np.linalg.norm(corners[:, _NEXT] - corners, axis=-1).mean(axis=-1)
    points = np.clip((1 - 2 * _ENDS) * length, 2, _SAMPLES)
    spread = scatter * np.sqrt((1 + 3 / (1 - 2 * _ENDS) ** 2) / points)
    mixed = _MIXED * np.clip((_CROWDED - cell) / (_CROWDED - _FAINT), 0, 1)
    noise: Matrix = np.sqrt(spread**2 + mixed**2 + _FLOOR**2)
    return noise
