"""The real side of the gap: an emulated cell that is started here, or an arm with a person."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from cli.calibrated_cell import calibrate_cell
from cli.camera_sight import CameraOptions, check_camera, check_markers
from cli.console import console
from cli.gap_notes import Judge, Truth
from cli.judged_cell import CELL_ARM, JudgedCell
from cli.judged_table import JudgedTable, Spot
from cli.person_table import PersonTable
from cli.tables import Table
from robot.arm import Arm
from robot.errors import RobotError
from robot.model import ArmModel
from robot.tool_task import ToolTask

Camera = Literal["wrist", "fixed", "depth"]
_OF_REAL = ("camera", "target", "keys", "insecure_loopback", "judge", "anywhere")


@dataclass(frozen=True, kw_only=True)
class SettingOptions(CameraOptions):
    """Which table the simulation is held against."""

    cell: int | None = None
    """Start the emulated cell of this seed, and calibrate its camera by the verbs."""
    cell_camera: Literal["wrist", "fixed"] | None = None
    """Camera of that cell: on the wrist, if not given, or on a tripod. A policy that sees gets
    the cell's depth camera."""
    arm: str | None = None
    """Or the address of a real arm's server, such as tcp://pi:5555, with a person beside it."""
    judge: Literal["person", "jaws"] = "person"
    """Who says whether a real arm holds the block: the person, or how far its jaws closed."""
    anywhere: bool = False
    """Let the person lay the block anywhere; simulated where the camera saw it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A real table, or one that stands for it.

    what: in words. spots: where blocks are laid; None where a person decides.
    judge: knows the truth, if anybody does. asks: whether a person is asked.
    """

    what: str
    arm: str
    camera: CameraOptions
    spots: list[Spot | None]
    table: Callable[[Arm], Table]
    judge: Judge | None
    asks: bool


def check_setting(options: SettingOptions, sees: bool) -> None:
    """Raise RobotError for options that make no sense together; sees: the policy does."""
    if (options.cell is None) == (options.arm is None):
        raise RobotError("which table? --cell 7 emulates one, --arm tcp://pi:5555 names a real one")
    if options.cell is None:
        _check_real(options, sees)
        return
    if options.cell < 0:
        raise RobotError(f"--cell {options.cell}: the seed of a cell is 0 or more")
    given = [name for name in _OF_REAL if getattr(options, name) != getattr(SettingOptions, name)]
    if given:
        raise RobotError(
            "--cell comes with its own camera, block, hands, judge and server: leave out"
            f" {', '.join('--' + name.replace('_', '-') for name in given)}; --cell-camera says"
            " which camera"
        )
    if sees and (options.cell_camera or options.lens or options.hand_eye):
        raise RobotError(
            "this policy sees by itself, and gets the cell's depth camera: leave out"
            " --cell-camera, --lens and --hand-eye"
        )
    if (options.lens is None) != (options.hand_eye is None):
        raise RobotError("--lens and --hand-eye of a cell: give both, or neither to calibrate it")


def _check_real(options: SettingOptions, sees: bool) -> None:
    assert options.arm is not None
    if not options.arm.startswith("tcp://"):
        raise RobotError(
            f"--arm {options.arm} is no address like tcp://pi:5555; --cell 7 emulates a table"
        )
    if options.camera is None:
        raise RobotError("with what does the arm see? --camera tcp://pi:5555, or --camera 0")
    check_camera(options.camera, options.arm, None, "here")
    check_markers(options, sees)
    if options.cell_camera is not None:
        raise RobotError("--cell-camera is of an emulated table; --camera names a real arm's")
    if options.anywhere and sees:
        raise RobotError(
            "--anywhere: this policy does not tell where it sees the block, which simulation has"
            " to know; leave it out, to be told where to lay it"
        )


def check_arm(options: SettingOptions, arm: str, policy: str) -> None:
    """Raise RobotError for a ``policy`` of another ``arm`` than an emulated cell has."""
    if options.cell is not None and arm != CELL_ARM:
        raise RobotError(
            f"{policy} moves a {arm}, and emulated cells have a {CELL_ARM}: take a policy of that,"
            " or name a real table with --arm tcp://pi:5555"
        )


@contextmanager
def open_setting(
    options: SettingOptions, task: ToolTask, sees: bool, spots: list[Spot], out: Path
) -> Iterator[Setting]:
    """Yield the table that ``options`` mean, ready, with blocks to lay at ``spots``.

    out: folder for calibrations of a cell. Raises RobotError.
    """
    if options.cell is None:
        yield _with_person(options, task, spots)
        return
    camera: Camera = "depth" if sees else options.cell_camera or "wrist"
    with JudgedCell(options.cell, camera=camera) as cell:
        sight = CameraOptions(camera=cell.url, insecure_loopback=True)
        if not sees:
            sight = _calibrated(options, cell, camera == "fixed", sight, out)
        yield Setting(
            f"emulated cell {options.cell}, {camera} camera",
            cell.url,
            sight,
            list(spots),
            lambda arm: JudgedTable(arm, cell, spots),
            lambda: _told(cell, task.model),
            asks=False,
        )


def yaw_of(turn: Sequence[float]) -> float:
    """Return how far a block of orientation ``turn``, x, y, z, w, is turned about z [rad]."""
    x, y, z, w = turn
    return float(np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)))


def _with_person(options: SettingOptions, task: ToolTask, spots: list[Spot]) -> Setting:
    assert options.arm is not None
    laid: list[Spot | None] = [None if options.anywhere else (x, y, 0.0) for x, y, _ in spots]
    places = [None if spot is None else spot[:2] for spot in laid]
    judges = options.judge == "person"
    return Setting(
        f"{options.arm}, camera {options.camera}",
        options.arm,
        options,
        laid,
        lambda arm: PersonTable(arm, task, places, judges),
        None,
        asks=True,
    )


def _calibrated(
    options: SettingOptions, cell: JudgedCell, fixed: bool, sight: CameraOptions, out: Path
) -> CameraOptions:
    """Return ``sight`` with the files of lens and place, calibrated now unless they are given."""
    if options.lens is not None:
        return replace(sight, lens=options.lens, hand_eye=options.hand_eye)
    with console.status("calibrating the cell's camera: the lens, then where it is (2 to 4 min)"):
        files = calibrate_cell(cell, fixed, out.absolute())
    return replace(sight, lens=files.lens, hand_eye=files.hand_eye)


def _told(cell: JudgedCell, model: ArmModel) -> Truth:
    score = cell.score()
    tool = model.kinematics.tool_position(np.array(score["angles"][: model.n]))
    block = np.array(score["block_position"])
    return Truth(block, yaw_of(score["block_turn"]), np.array(tool))
