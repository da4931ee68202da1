"""Find the table plane in the base frame, from a board that lies on the table."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.board_watch import WatchOptions, calibration_target, open_watch
from robot.errors import RobotError
from robot.model import ArmModel, load_arm

if TYPE_CHECKING:
    from perception.table_plane import TablePlane

FEWEST, MOST = 3, 30
"""Poses that may be asked for."""

_OFF = 0.05  # [m] from where the arm's description has the table: no table of this arm


@dataclass(frozen=True)
class TableOptions(WatchOptions):
    """The table's height and lean in the base frame, from a board that lies flat on it."""

    hand_eye: Path | None = None
    """File of `twinarm calibrate hand-eye`; where that leaves it for this camera if not given."""
    poses: int = 6
    """From which a wrist camera looks at the board, each come to from two sides."""
    thickness: float = 0.1
    """Of the board [mm]; of paper if not given."""
    out: Path | None = None
    """File to write; the usual place of this camera and arm if not given."""
    json: bool = False
    """Print what was found as one JSON object and nothing else."""


def calibrate_table(options: TableOptions) -> int:
    """Look at the board, fit the plane, write the file. Nothing is written if refused."""
    from cli.table_run import find_table
    from perception import camera_place
    from perception.calibration_file import calibration_path, write_calibration
    from perception.table_plane import KIND, table_calibration

    if not FEWEST <= options.poses <= MOST:
        raise RobotError(f"--poses {options.poses}: from {FEWEST} to {MOST}")
    if not 0.0 <= options.thickness <= 50.0:
        raise RobotError(f"--thickness {options.thickness:g}: from 0 to 50 mm")
    model = load_arm(options.model)
    with open_watch(options) as watch:
        name, size = watch.camera.name, watch.lens.size
        file = options.hand_eye or calibration_path(camera_place.KIND, name, size, model.name)
        place = camera_place.read_camera_place(file, model, name, size)
        path = calibration_target(options.out, KIND, name, size, model.name)
        plane = find_table(watch, place, options.poses, options.thickness * 1e-3, options.json)
    _check(plane, model)
    write_calibration(path, table_calibration(plane, name, size, model.name))
    _print(options, plane, model, path)
    return 0


def _check(plane: "TablePlane", model: ArmModel) -> None:
    off = plane.height(*model.grasp.area_centre) - model.table_height
    if abs(off) > _OFF:
        raise RobotError(
            f"the board lies {off * 1e3:+.0f} mm from where the {model.title} has its table: lay it"
            " on the table that the arm stands on, or calibrate the camera's place anew (twinarm"
            " calibrate hand-eye)"
        )


def _print(options: TableOptions, plane: "TablePlane", model: ArmModel, path: Path) -> None:
    middle = model.grasp.area_centre
    height, std = 1e3 * plane.height(*middle), 1e3 * plane.std(*middle)
    if options.json:
        figures = {
            "height_mm": round(height, 3),
            "std_mm": round(std, 3),
            "lean_deg": round(plane.lean_degrees, 4),
            "slopes": plane.values[1:].tolist(),
            "residual_mm": round(1e3 * plane.residual, 3),
            "looks": plane.looks,
            "left_out": list(plane.rejected),
        }
        print(json.dumps(figures | {"file": str(path)}))
        return
    drawn = 1e3 * model.table_height
    print(
        f"table at z = {height:.1f} mm under the spawn area, to {std:.1f} mm (one standard"
        f" deviation); {height - drawn:+.1f} mm from where it is drawn"
    )
    print(f"  leans by {plane.lean_degrees:.2f} deg; {1e3 * plane.residual:.1f} mm rms", end="")
    print(f" in {plane.looks} looks, {len(plane.rejected)} left out")
    print(f"wrote {path}")
