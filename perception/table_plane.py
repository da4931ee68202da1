"""The table as a plane in the base frame, from a board that lies on it or from tags there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import atan, degrees, hypot
from pathlib import Path

import numpy as np

from perception.board_size import check_board_size, size_of_resting_board
from perception.calibration_file import read_calibration
from perception.camera_calibration import CameraCalibration
from perception.errors import CalibrationRefusedError
from perception.rigid import Matrix, moved
from robot.command import Vector

KIND = "table"
FEWEST = 3
"""Looks, or tags, that a plane takes."""

_PARAMETERS = ("height_m", "slope_x", "slope_y")
_OUTLIER = 4.0  # medians off which a measurement is left out
_LEAST, _MOST = 0.002, 0.014  # [m] off which nothing is left out yet, and off which all is
_STEP = 1e-5  # [m] and [rad] of the numeric derivative
_STEEP = 5.0  # [deg]: no board that lies flat
_FLAT = 0.02  # [m] that tags are apart across their narrower way


@dataclass(frozen=True, slots=True, eq=False)
class TablePlane:
    """z = height + slope_x x + slope_y y in the base frame [m].

    values: [3] height [m] under the base's axis, slope_x, slope_y. covariance: [3, 3].
    residual: rms distance [m] of what was measured from the plane. looks: how many were used.
    """

    values: Vector
    covariance: Matrix
    residual: float
    looks: int
    rejected: tuple[int, ...] = field(default=())

    def height(self, x: float, y: float) -> float:
        """Return the height of the table [m] at (``x``, ``y``) [m]."""
        return float(self.values @ (1.0, x, y))

    def std(self, x: float, y: float) -> float:
        """Return the standard deviation of ``height`` there [m]."""
        at = np.array([1.0, x, y])
        return float(np.sqrt(at @ self.covariance @ at))

    @property
    def lean_degrees(self) -> float:
        """Return how far the table leans from the base frame's level [deg]."""
        return degrees(atan(hypot(self.values[1], self.values[2])))


def plane_of_looks(
    T_base_camera: Sequence[Matrix],
    T_camera_board: Sequence[Matrix],
    points: Matrix,
    covariance: Matrix,
    thickness: float = 0.0,
) -> TablePlane:
    """Return the table under a board, the middle of what single looks at it say.

    points: [m, 3] of the board [m]. covariance: [6, 6] of the camera's place [m] and turn [rad]
    in the base frame of the first look, common to all looks. thickness: of the board [m].
    Raises CalibrationRefusedError: fewer than three looks agree, the board is of another size
    than its points say, or not level.
    """
    looks = [
        _plane_through(points @ (base @ board)[:3, :3].T + (base @ board)[:3, 3])
        for base, board in zip(T_base_camera, T_camera_board, strict=True)
    ]
    middle = (T_base_camera[0] @ T_camera_board[0])[:3] @ np.append(points.mean(axis=0), 1.0)
    at = np.array([1.0, *middle[:2]])
    used = _agreeing(np.array(looks) @ at)
    size = size_of_resting_board(
        [T_base_camera[i] for i in used], [T_camera_board[i] for i in used], points
    )
    if size is not None:
        check_board_size(size)
    chosen = np.array(looks)[used]
    values = np.asarray(chosen.mean(axis=0), np.float64)
    scatter = np.cov(chosen.T) / len(used)
    common = _by_camera(T_base_camera[0], T_camera_board[0], points)
    values[0] -= thickness
    residual = float(np.sqrt(np.mean(((chosen - chosen.mean(axis=0)) @ at) ** 2)))
    plane = TablePlane(
        values, scatter + common @ covariance @ common.T, residual, len(used),
        tuple(sorted(set(range(len(looks))) - set(used))),
    )  # fmt: skip
    return _level(plane)


def plane_of_points(places: Matrix, std: float, thickness: float = 0.0) -> TablePlane:
    """Return the plane through ``places`` [k, 3] of tags in the base frame [m].

    std: of each place [m]; widened where they scatter more. thickness: of the tags [m].
    Raises CalibrationRefusedError: fewer than three, all in a line, or the plane is not level.
    """
    if len(places) < FEWEST:
        raise CalibrationRefusedError(f"{len(places)} tags: a plane takes {FEWEST} of them")
    if np.linalg.svd(places[:, :2] - places[:, :2].mean(axis=0))[1][1] < _FLAT:
        raise CalibrationRefusedError("the tags lie in a line: spread them out over the table")
    values = _plane_through(places)
    design = _design(places)
    off = places[:, 2] - design @ values
    freedom = max(1, len(places) - 3)
    spread = max(std, float(np.sqrt(off @ off / freedom)) if len(places) > FEWEST else std)
    covariance = np.asarray(spread**2 * np.linalg.inv(design.T @ design), np.float64)
    values[0] -= thickness
    residual = float(np.sqrt(np.mean(off**2)))
    return _level(TablePlane(values, covariance, residual, len(places)))


def table_calibration(
    plane: TablePlane, camera: str, size: tuple[int, int], arm: str
) -> CameraCalibration:
    """Return what ``write_calibration`` writes, as of today."""
    return CameraCalibration(
        kind=KIND,
        camera=camera,
        size=size,
        values={"plane": plane.values, "looks": np.array(float(plane.looks))},
        parameters=_PARAMETERS,
        covariance=plane.covariance,
        residual_mm=plane.residual * 1e3,
        arm=arm,
        day=date.today(),
    )


def read_table(path: Path, arm: str) -> TablePlane:
    """Return the table of ``arm`` in ``path``. Raises CalibrationRefusedError."""
    shapes = {"plane": (3,), "looks": ()}
    read = read_calibration(path, KIND, shapes, camera=None, size=None, arm=arm)
    if read.residual_mm is None or read.parameters != _PARAMETERS:
        raise CalibrationRefusedError(
            f"{path}: no whole table plane; calibrate anew: `twinarm calibrate {KIND}`"
        )
    looks = int(read.values["looks"])
    return TablePlane(read.values["plane"], read.covariance, read.residual_mm * 1e-3, looks)


def _plane_through(places: Matrix) -> Vector:
    return np.asarray(np.linalg.lstsq(_design(places), places[:, 2], rcond=None)[0], np.float64)


def _design(places: Matrix) -> Matrix:
    return np.column_stack([np.ones(len(places)), places[:, :2]])


def _agreeing(heights: Vector) -> list[int]:
    off = np.abs(heights - np.median(heights))
    used = np.flatnonzero(off <= np.clip(_OUTLIER * np.median(off), _LEAST, _MOST))
    if len(used) < FEWEST:
        raise CalibrationRefusedError(
            f"{len(used)} of {len(heights)} looks at the board agree on the table's height, and it"
            f" takes {FEWEST}: leave board and camera where they are while the arm looks"
        )
    return [int(one) for one in used]


def _by_camera(T_base_camera: Matrix, T_camera_board: Matrix, points: Matrix) -> Matrix:
    """Return the derivatives [3, 6] of a plane by the place and turn of its camera."""
    columns = []
    for step in _STEP * np.eye(6):
        ends = [moved(T_base_camera, sign * step) @ T_camera_board for sign in (1.0, -1.0)]
        up, down = (_plane_through(points @ end[:3, :3].T + end[:3, 3]) for end in ends)
        columns.append((up - down) / (2.0 * _STEP))
    return np.array(columns).T


def _level(plane: TablePlane) -> TablePlane:
    if plane.lean_degrees > _STEEP:
        raise CalibrationRefusedError(
            f"the board leans by {plane.lean_degrees:.0f} deg against the arm's base: lay it flat"
            " on the table; if it is, the camera's place is wrong (twinarm calibrate hand-eye)"
        )
    return plane
