"""Plays the same episodes on both sides: on the table, its arm mirrored, and in simulation."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from cli.arms import Cell, open_cell
from cli.camera_sight import open_camera_sight
from cli.deployment import Grasping, Outcome, deploy
from cli.gap_figures import Gap
from cli.gap_notes import NotedTable, Truth
from cli.gap_setting import Setting, yaw_of
from cli.judged_table import Spot
from cli.marker_sight import Located
from cli.sight import open_sight
from cli.tables import SceneTable
from hardware.errors import StaleCommandError
from policies.policy_files import SavedPolicy
from robot.command import JointCommand
from robot.loop import ControlLoop
from robot.servo_file import read_servos
from robot.tool_task import ToolTask
from sim.clock import SimClock
from sim.grasp_scene import GraspScene
from sim.identified import twin_servos
from sim.world import GRIP

TRIPS = 20
"""Commands that are timed, there and back, before the arm sets out."""

Heard = Callable[[Outcome], None]


def play_on_table(
    setting: Setting,
    saved: SavedPolicy,
    task: ToolTask,
    servos: Path | None,
    gap: Gap,
    heard: Heard,
) -> None:
    """Grasp on the table of ``setting`` and fill ``gap`` as it goes; the twin has ``servos``.

    heard: hears how each episode ended. Raises RobotError.
    """
    camera, name = setting.camera, task.model.name
    with (
        open_cell(setting.arm, name, True, camera.keys, camera.insecure_loopback, servos) as cell,
        open_camera_sight(camera, setting.arm, cell.scene, saved.contract, task) as sight,
    ):
        gap.trips = round_trips(cell)
        if isinstance(sight, Located):
            gap.lens = sight.lens
            gap.about |= _calibration(sight)
        numbers, inner = range(len(setting.spots)), setting.table(cell.arm)
        table = NotedTable(inner, sight, setting.judge, gap.table, numbers)
        grasping = Grasping(cell, task, saved.act, sight, table)
        deploy(grasping, len(numbers), gap.table.done, _teller(table, heard))


def play_simulated(
    saved: SavedPolicy,
    task: ToolTask,
    spots: dict[int, Spot],
    servos: Path | None,
    gap: Gap,
    heard: Heard,
) -> None:
    """Grasp in the nominal simulation, faster than in real time, and fill ``gap`` as it goes.

    spots: of blocks, by the number of the episode. servos: file of the arm's, nominal ones if None.
    """
    clock, model = SimClock(), task.model
    with GraspScene(model, clock=clock, pace=GRIP) as scene, scene.arm:
        if servos is not None:
            scene.arm.set_servos(twin_servos(read_servos(servos, model), model))
        cell = Cell(scene.arm, scene, None)
        inner = SceneTable(cell, task, list(spots.values()))
        with open_sight(cell, task, saved.contract, inner.block) as sight:
            table = NotedTable(inner, sight, lambda: _told(scene), gap.simulation, list(spots))
            loop = ControlLoop(1.0 / task.config.period, clock=clock, sleep=clock.sleep)
            grasping = Grasping(cell, task, saved.act, sight, table, loop)
            deploy(grasping, len(spots), gap.simulation.done, _teller(table, heard))


def round_trips(cell: Cell) -> list[float]:
    """Return how long commands to stay take, there and back [s]; late ones are left out."""
    assert cell.mirror is not None
    arm = cell.mirror.primary
    here = arm.state()
    trips = []
    for _ in range(TRIPS):
        start = time.monotonic()
        with suppress(StaleCommandError):
            arm.command(JointCommand(here.positions, here.gripper))
            trips.append(time.monotonic() - start)
        time.sleep(0.05)
    return trips


def _teller(table: NotedTable, heard: Heard) -> Callable[[int, Outcome], None]:
    def tell(number: int, outcome: Outcome) -> None:
        table.end(outcome)
        heard(outcome)

    return tell


def _calibration(sight: Located) -> dict[str, object]:
    """Return what is known of the calibration behind ``sight``, as plain JSON values."""
    place = sight.place
    return {
        "camera": place.camera,
        "camera_on_arm": place.on_arm,
        "hand_eye_date": place.day.isoformat(),
        "hand_eye_residual_px": round(place.residual_px, 3),
        "hand_eye_residual_mm": round(place.residual_mm, 3),
    }


def _told(scene: GraspScene) -> Truth:
    position, turn = scene.block_pose()
    tool = scene.model.kinematics.tool_position(scene.arm.true_positions())
    return Truth(np.array(position), yaw_of(turn), np.array(tool))
