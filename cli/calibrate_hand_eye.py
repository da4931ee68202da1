"""Find where a camera is, on the wrist or beside the arm, by moving the arm before a board."""

import json
from dataclasses import dataclass
from math import degrees
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cli.board_watch import WatchOptions, calibration_target, open_watch
from robot.errors import RobotError
from robot.link_chain import mount_of
from robot.model import ArmModel, load_arm

if TYPE_CHECKING:
    from perception.camera_place import CameraPlace
    from perception.hand_eye import HandEye

FEWEST, MOST = 8, 60
"""Poses that may be asked for."""


@dataclass(frozen=True)
class HandEyeOptions(WatchOptions):
    """Where a camera is: on the wrist, or beside the arm that holds the board (--fixed)."""

    fixed: bool = False
    """The camera stands beside the arm, which has the board in its jaws, facing away from it.
    Without this the camera is on the wrist, and the board lies flat on the table ahead."""
    poses: int = 20
    """From which the board is looked at, each come to from two sides."""
    out: Path | None = None
    """File to write; the usual place of this camera and arm if not given."""
    json: bool = False
    """Print what was found as one JSON object and nothing else."""


def calibrate_camera_place(options: HandEyeOptions) -> int:
    """Move, look, fit; write the file. Nothing is written if it is stopped or refused."""
    from cli.hand_eye_run import find_fixed_camera, find_wrist_camera
    from perception.calibration_file import write_calibration
    from perception.camera_place import KIND, camera_place

    if not FEWEST <= options.poses <= MOST:
        raise RobotError(f"--poses {options.poses}: from {FEWEST} to {MOST}")
    model = load_arm(options.model)
    with open_watch(options) as watch:
        name, size = watch.camera.name, watch.lens.size
        path = calibration_target(options.out, KIND, name, size, model.name)
        find = find_fixed_camera if options.fixed else find_wrist_camera
        found = find(watch, options.poses, options.json)
    place = camera_place(found, name, size, model.name, on_arm=not options.fixed)
    write_calibration(path, place.to_calibration())
    _print(options, model, found, place, path)
    return 0


def _print(
    options: HandEyeOptions, model: ArmModel, found: "HandEye", place: "CameraPlace", path: Path
) -> None:
    if options.json:
        print(json.dumps(figures(found, place) | {"file": str(path)}))
        return
    from perception.rigid import difference

    parent, drawn = mount_of(model, model.camera.link)
    x, y, z = 1e3 * place.T_parent_camera[:3, 3]
    where = parent if place.on_arm else "the base"
    std_mm, std_deg = 1e3 * found.std[0], degrees(found.std[1])
    print(f"camera at ({x:.1f}, {y:.1f}, {z:.1f}) mm of {where}, to {std_mm:.1f} mm", end="")
    print(f" and {std_deg:.2f} deg (one standard deviation)")
    if place.on_arm:
        shift, turn = difference(drawn, place.T_parent_camera)
        print(f"  {shift * 1e3:.1f} mm and {degrees(turn):.1f} deg from where it is drawn")
    print(
        f"board through the whole arm: {found.pixels:.1f} px, {1e3 * found.metres:.1f} mm rms",
        end="",
    )
    print(f" in {len(found.used)} looks, {len(found.rejected)} left out")
    print(f"  a joint scatters by {degrees(found.joint_noise):.2f} deg from look to look")
    print(f"wrote {path}")


def figures(found: "HandEye", place: "CameraPlace") -> dict[str, Any]:
    """Return what was found as plain JSON values."""
    return {
        "camera": place.camera,
        "on_arm": place.on_arm,
        "T_parent_camera": np.round(place.T_parent_camera, 7).tolist(),
        "std_mm": round(1e3 * found.std[0], 4),
        "std_deg": round(degrees(found.std[1]), 5),
        "residual_px": round(found.pixels, 3),
        "residual_mm": round(1e3 * found.metres, 3),
        "corner_noise_px": round(found.corner_noise, 3),
        "joint_noise_deg": round(degrees(found.joint_noise), 4),
        "looks": len(found.used),
        "left_out": list(found.rejected),
    }
