"""Finds where a camera is: lets the arm search for the board, plan its poses, and visit them."""

from collections.abc import Sequence

import numpy as np

from cli.board_tour import Watch, enough
from cli.console import CountBar
from perception.errors import CalibrationRefusedError
from perception.hand_eye import HandEye, calibrate_hand_eye, check_still
from perception.hand_eye_model import HandEyeView, Rig, Setup
from perception.hand_eye_start import FEWEST, board_pose, check_spread, robust_start
from perception.pose_plan import plan_poses
from perception.pose_sweep import Sweep
from perception.rigid import Matrix, transform
from robot.link_chain import LinkChain, mount_of
from robot.model import ArmModel

_SEARCHES = 6  # poses from which a board on the table is looked for
_SWEEP = 60  # poses with the board in the jaws, until a fixed camera is roughly known
_ROUGHLY = FEWEST + 4  # looks that tell where it is well enough to plan by
_HELD = 0.02  # [m] of the board's middle before the tool point


def find_wrist_camera(watch: Watch, poses: int, quiet: bool = False) -> HandEye:
    """Return where the camera is on the arm's wrist; the board lies on the table ahead of it.

    Raises CalibrationRefusedError, CameraError, ArmError.
    """
    rig, setup = wrist_search(watch)
    return calibrate_hand_eye(rig, visit_planned(watch, rig, setup, poses, quiet))


def wrist_search(watch: Watch) -> tuple[Rig, Setup]:
    """Return the rig of a wrist camera, and camera and board as roughly known after one look."""
    model, points = watch.pilot.arm.model, watch.board.points
    parent, mount = mount_of(model, model.camera.link)
    rig = Rig(LinkChain(model, parent), watch.lens, camera_moves=True)
    nominal = Setup.of(mount, lying_board(model, points), model.n)
    for point in plan_poses(model, rig, nominal, points, _SEARCHES):
        view = watch.look(point.pose, point.side)
        if view is not None:
            T_base_camera = rig.chain.pose(view.measured) @ mount
            there = T_base_camera @ board_pose(view, watch.lens)[0]
            return rig, Setup.of(mount, there, model.n)
    x = model.grasp.area_centre[0]
    raise CalibrationRefusedError(
        f"{watch.camera.name} saw no board from any of {_SEARCHES} poses ({watch.why_unseen()}):"
        f" lay the board flat on the table with its middle {x * 1e3:.0f} mm ahead of the middle of"
        f" the base, in good light, and check that it is this one (--board): {watch.board}"
    )


def find_fixed_camera(watch: Watch, poses: int, quiet: bool = False) -> HandEye:
    """Return where a camera beside the arm is; the arm holds the board in its jaws.

    Raises CalibrationRefusedError, CameraError, ArmError.
    """
    model = watch.pilot.arm.model
    rig = Rig(LinkChain(model, model.tool_link), watch.lens, camera_moves=False)
    setup = _sweep(watch, rig)
    return calibrate_hand_eye(rig, visit_planned(watch, rig, setup, poses, quiet))


def _sweep(watch: Watch, rig: Rig) -> Setup:
    """Return camera and board as roughly known after a few looks."""
    points = watch.board.points
    sweep = Sweep(watch.pilot.arm.model, rig, held_board(points), points)
    views: list[HandEyeView] = []
    for _ in range(_SWEEP):
        point = sweep.next()
        view = watch.look(point.pose, point.side)
        if view is None:
            continue
        sweep.seen(point)
        views.append(view)
        if len(views) >= _ROUGHLY and _spread(rig, views):
            return robust_start(rig, views, [board_pose(one, rig.lens)[0] for one in views])
    why = "" if views else f" ({watch.why_unseen()})"
    raise CalibrationRefusedError(
        f"{watch.camera.name} saw the board at {len(views)} of {_SWEEP} poses{why}, and it takes"
        f" {_ROUGHLY} that differ: hold it in the jaws with its picture facing away from the arm,"
        " and put the camera ahead of the arm where it sees all of that"
    )


def _spread(rig: Rig, views: Sequence[HandEyeView]) -> bool:
    try:
        check_spread(rig, views)
    except CalibrationRefusedError:
        return False
    return True


def visit_planned(
    watch: Watch, rig: Rig, setup: Setup, poses: int, quiet: bool
) -> list[HandEyeView]:
    """Return what is seen from ``poses`` that suit ``setup``, the board lying still all the time.

    Raises CalibrationRefusedError, also if it was seen too seldom, CameraError, ArmError.
    """
    plan = plan_poses(watch.pilot.arm.model, rig, setup, watch.board.points, poses)
    views: list[HandEyeView | None] = []
    with CountBar("looking", 2 * len(plan) + 1, quiet=quiet) as bar:
        for view in watch.tour(plan):
            views.append(view)
            bar.add(None)
    if views[0] is not None and views[-1] is not None:
        check_still(views[0], views[-1], rig)
    return enough(views[:-1])


def lying_board(model: ArmModel, points: Matrix) -> Matrix:
    """Return ``T_base_board`` of a board flat on the table in the middle of the spawn area."""
    x, y = model.grasp.area_centre
    turn = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
    return transform(turn, np.array([x, y, model.table_height]) - turn @ points.mean(axis=0))


def held_board(points: Matrix) -> Matrix:
    """Return ``T_tool_board`` of a board before the jaws, its picture facing away from the arm."""
    turn = np.diag([1.0, -1.0, -1.0])
    return transform(turn, np.array([0.0, 0.0, _HELD]) - turn @ points.mean(axis=0))
