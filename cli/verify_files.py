"""What a verification leaves: the figures as JSON, every point as CSV, and the picture."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

from policies.runs import write_json
from robot.errors import RobotError
from robot.verification import Distances, PointError, distances

COLUMNS = (
    "point", "wanted_x_mm", "wanted_y_mm", "wanted_z_mm",
    "dx_mm", "dy_mm", "dz_mm", "error_mm", "play_mm", "twin_mm",
)  # fmt: skip


def verification_figures(points: list[PointError]) -> dict[str, Any]:
    """Return the figures over all visits [mm], as plain JSON values; null where nobody knows."""
    if not points:
        return {"points": 0}
    errors = Distances.of(np.concatenate([point.errors for point in points]))
    plays = np.array([point.play for point in points])
    figures = _named("", errors) | {"play_mm": _millimetres(float(np.nanmean(_or_nan(plays))))}
    twins = [point.twin for point in points if point.twin is not None]
    if twins:
        figures |= _named("twin_", Distances.of(np.concatenate(twins)))
    return {"points": len(points)} | figures


def point_rows(points: list[PointError]) -> list[dict[str, float | int | None]]:
    """Return one row a point, named by ``COLUMNS`` [mm]; errors are between both sides."""
    rows = []
    for point in points:
        twin = None if point.twin is None else Distances.of(point.twin).rms
        values = [*point.wanted, *point.error, distances(point.error[None])[0], point.play]
        numbers = [_millimetres(float(value)) for value in values]
        numbers.append(None if twin is None else _millimetres(twin))
        rows.append(dict(zip(COLUMNS, [point.point, *numbers], strict=True)))
    return rows


def write_verification(
    out: Path, points: list[PointError], about: dict[str, Any]
) -> dict[str, Any]:
    """Write ``verification.json`` and ``points.csv`` to ``out``; return the figures.

    about: what was measured and how. Raises PolicyError or RobotError.
    """
    figures = about | verification_figures(points)
    rows = point_rows(points)
    write_json(out / "verification.json", figures | {"table": rows})
    path = out / "points.csv"
    try:
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, COLUMNS)
            table.writeheader()
            table.writerows(rows)
    except OSError as error:
        raise RobotError(f"{path}: cannot be written: {error}") from error
    return figures


def _named(prefix: str, errors: Distances) -> dict[str, float | None]:
    return {
        f"{prefix}mean_mm": _millimetres(errors.mean),
        f"{prefix}rms_mm": _millimetres(errors.rms),
        f"{prefix}max_mm": _millimetres(errors.greatest),
    }


def _millimetres(metres: float) -> float | None:
    return None if math.isnan(metres) else round(metres * 1e3, 3)


def _or_nan(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return what is finite of ``values``, or one NaN."""
    known = values[np.isfinite(values)]
    return known if known.size else np.array([np.nan])
