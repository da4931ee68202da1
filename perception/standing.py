"""What stands on a table, in a depth picture: enough to tell whether a block is there at all."""

from dataclasses import dataclass
from math import radians, tan

import numpy as np

from perception.depth_frame import DepthFrame, DepthPicture
from perception.rigid import Matrix

LOW, HIGH = 0.012, 0.06
"""What stands is between these heights above the table [m]: above its noise, below the hand."""
FEW = 12
"""Fewer points that stand are noise; a block of 30 mm has some fifty."""
_FAR = 0.3  # [m] from the camera; farther off noise is as high as a block
_NEAR_TABLE = 0.04  # [m] from where the table is meant to be
_ROUNDS = 6  # of the fit
_SURE = 0.006  # [m] nearer than this to a plane is in it


@dataclass(frozen=True, slots=True)
class Standing:
    """Something that stands on the table, or all that does.

    x, y: its middle in the base frame [m]. width: its greatest extent along x or y [m].
    """

    x: float
    y: float
    width: float


def standing(frame: DepthFrame, T_base_camera: Matrix, table_height: float) -> Standing | None:
    """Return what stands on the table in ``frame``; None if nothing does.

    T_base_camera [4, 4] and table_height [m]: as planned; the table is then found in the picture,
    since heights err by more than a block where a mount errs by some degrees.
    """
    points = _points(frame, T_base_camera)
    above = _above_table(points, table_height)
    if above is None:
        return None
    there = points[(above > LOW) & (above < HIGH), :2]
    if len(there) < FEW:
        return None
    low, high = np.percentile(there, (5.0, 95.0), axis=0)
    x, y = (0.5 * (low + high)).tolist()
    return Standing(x, y, float((high - low).max()))


def _points(frame: DepthFrame, T_base_camera: Matrix) -> DepthPicture:
    """Return what was measured, [n, 3] in the base frame [m]."""
    (width, height), slope = frame.size, 2.0 * tan(radians(frame.fov_degrees / 2.0))
    right = ((np.arange(width) + 0.5 - width / 2.0) * slope / height).astype(np.float32)
    down = ((np.arange(height) + 0.5 - height / 2.0) * slope / height).astype(np.float32)
    rays = np.stack([*np.meshgrid(right, down), np.ones_like(frame.depth)], axis=-1)
    known = (frame.depth > 0.0) & (frame.depth < _FAR)
    seen = rays[known] * frame.depth[known, None]
    T = T_base_camera.astype(np.float32)
    points: DepthPicture = seen @ T[:3, :3].T + T[:3, 3]
    return points


def _above_table(points: DepthPicture, table_height: float) -> DepthPicture | None:
    """Return how far ``points`` are above the plane that most near the table lie in [n] [m]."""
    columns = np.column_stack([points[:, :2], np.ones(len(points), np.float32)])
    off = points[:, 2] - np.float32(table_height)
    reach = _NEAR_TABLE
    for _ in range(_ROUNDS):
        kept = np.abs(off) < reach
        if kept.sum() < 10 * FEW:
            return None
        plane = np.linalg.lstsq(columns[kept], points[kept, 2], rcond=None)[0]
        off = points[:, 2] - columns @ plane
        reach = max(_SURE, 0.6 * reach)
    above: DepthPicture = off
    return above
