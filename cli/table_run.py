"""Finds the table plane: a camera whose place is known looks at a board that lies on it."""

import numpy as np

from cli.board_tour import Watch, enough
from cli.hand_eye_run import visit_planned, wrist_search
from perception.camera_place import CameraPlace
from perception.hand_eye_model import HandEyeView
from perception.hand_eye_start import board_pose
from perception.table_plane import TablePlane, plane_of_looks

_STILL = 6  # looks of a camera that stands beside the arm


def find_table(
    watch: Watch, place: CameraPlace, poses: int, thickness: float, quiet: bool = False
) -> TablePlane:
    """Return the table under a board, seen from ``poses``, or by a fixed camera past the arm.

    thickness: of the board [m]. Raises CalibrationRefusedError, CameraError, ArmError.
    """
    views = _wrist_looks(watch, poses, quiet) if place.on_arm else _fixed_looks(watch)
    model = watch.pilot.arm.model
    return plane_of_looks(
        [place.T_base_camera(model, view.measured, view.side) for view in views],
        [board_pose(view, watch.lens)[0] for view in views],
        watch.board.points,
        place.covariance_in_base(model, views[0].measured),
        thickness,
    )


def _wrist_looks(watch: Watch, poses: int, quiet: bool) -> list[HandEyeView]:
    rig, setup = wrist_search(watch)
    return visit_planned(watch, rig, setup, poses, quiet)


def _fixed_looks(watch: Watch) -> list[HandEyeView]:
    home = watch.pilot.arm.model.home
    return enough([watch.look(home, np.zeros_like(home)) for _ in range(_STILL)])
