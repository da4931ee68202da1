"""What an identification leaves besides the servo file: every visit, as CSV."""

import csv
from pathlib import Path

import numpy as np

from robot.errors import RobotError
from robot.recording import Visit

SEEN = ("seen_x_mm", "seen_y_mm", "seen_z_mm", "seen_heading_deg")


def write_visits(path: Path, visits: list[Visit], joints: tuple[str, ...]) -> None:
    """Write one row a visit: where joints were sent and measured, and the tool. RobotError."""
    groups = ("side", "commanded", "measured")
    units = {"side": "", "commanded": "_rad", "measured": "_rad"}
    heads = [f"{group}_{joint}{units[group]}" for group in groups for joint in joints]
    try:
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["visit", "point", *heads, *SEEN])
            rows.writerows(_row(number, visit) for number, visit in enumerate(visits))
    except OSError as error:
        raise RobotError(f"{path}: cannot be written: {error}") from error


def _row(number: int, visit: Visit) -> list[object]:
    x, y, z, heading = visit.seen.values
    seen = [1e3 * x, 1e3 * y, 1e3 * z, np.degrees(heading)]
    joints = [f"{value:.6f}" for value in (*visit.commanded, *visit.measured)]
    sides = [f"{side:.0f}" for side in visit.side]
    known = ["" if np.isnan(value) else f"{value:.3f}" for value in seen]
    return [number, visit.point, *sides, *joints, *known]
