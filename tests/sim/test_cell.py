"""The emulated cell as a process of its own: what goes in, what comes out, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from cell_props import cell_props

from hardware.emulation.servo import Move
from hardware.emulation.servo_errors import ServoErrors
from hardware.emulation.servos import EmulatedServoSet
from hardware.servos.boards import BOARDS
from hardware.servos.calibration import nominal
from robot.command import JointCommand, Vector
from robot.errors import RobotError, UnknownNameError
from robot.model import load_arm
from robot.pose import tool_pose
from robot.task import GraspTask
from sim.cell import EmulatedCell

pytestmark = pytest.mark.real_time

MODEL, DS = load_arm("dofbot"), BOARDS["ds"]
SCALE = nominal(MODEL, DS)
EXACT = ServoErrors(zero_std=0.0, gain_std=0.0)
OPEN = MODEL.gripper.max_opening

LEFT_ALONE = """
import os, sys
from sim.cell import EmulatedCell
if __name__ == "__main__":
    with EmulatedCell(5) as cell:
        print(cell.process.pid, flush=True)
        sys.stdin.read()
        os.kill(os.getpid(), 9)
"""


class Cell:
    """A cell whose arm real servos move."""

    def __init__(self, cell: EmulatedCell) -> None:
        self.cell = cell
        self.servos = EmulatedServoSet(MODEL, DS, EXACT)
        here = {number: Move(count, 1.0) for number, count in self.servos.measured().items()}
        self.servos.move(here)
        self.servos.set_torque(True)
        cell.follow(self.servos)

    def go(self, positions: Vector, opening: float, seconds: float = 1.0) -> None:
        counts = SCALE.counts(JointCommand(positions, opening), MODEL)
        self.servos.move({number: Move(count, seconds) for number, count in counts.items()})
        time.sleep(seconds + 0.5)


@pytest.fixture(scope="module")
def served() -> Iterator[Cell]:
    with EmulatedCell(3, camera="fixed", props=cell_props()) as cell:
        yield Cell(cell)


def soon(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def over_the_block(cell: EmulatedCell) -> Vector:
    task, (x, y) = GraspTask(MODEL), MODEL.grasp.area_centre
    height = task.grasp_height + cell.drawn.table_height
    tool = tool_pose(x, y, height, MODEL.grasp.tilt(x, y, height), jaw_yaw=0.0)
    return MODEL.kinematics.inverse(tool, task.start_command.positions)


def test_pictures_come_one_after_the_other_with_the_time_they_were_taken(served: Cell) -> None:
    assert soon(lambda: served.cell.latest() is not None)
    first = served.cell.latest()
    assert first is not None
    assert soon(
        lambda: (newest := served.cell.latest()) is not None and newest.number > first.number
    )
    newest = served.cell.latest()
    assert newest is not None and newest.stamp > first.stamp
    assert 0.0 < time.monotonic() - newest.stamp < 2.0
    image = cv2.imdecode(np.frombuffer(newest.data, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (*reversed(served.cell.size), 3) and image.std() > 10.0
    assert served.cell.name == "cell-3-fixed"


def test_the_arm_in_the_cell_is_where_its_servos_truly_are(served: Cell) -> None:
    served.cell.place_block(0.05, 0.25)
    served.go(MODEL.home + np.array([0.3, 0.2, -0.3, 0.4, -0.2]), 0.03)
    angles = np.array(served.cell.score()["angles"])
    np.testing.assert_allclose(angles[:-1], served.servos.true_positions, atol=2e-3)
    assert angles[-1] == pytest.approx(served.servos.true_crank, abs=2e-3)


def test_a_block_between_the_jaws_stops_their_servo_and_is_lifted_by_it(served: Cell) -> None:
    cell, size = served.cell, served.cell.drawn.block_size
    grasp = over_the_block(cell)
    served.go(grasp, OPEN)
    cell.place_block(*MODEL.grasp.area_centre)
    served.go(grasp, size - MODEL.gripper.squeeze)
    assert size - MODEL.gripper.squeeze < served.servos.true_opening < size
    assert served.servos.crank_strain > 0.005
    assert cell.score()["lifted_s"] == 0.0
    served.go(grasp + np.array([0.0, -0.6, 0.0, 0.0, 0.0]), size - MODEL.gripper.squeeze)
    score = cell.score()
    assert score["height"] > 0.05 and 0.1 < score["lifted_s"] < 2.0
    served.go(grasp + np.array([0.0, -0.6, 0.0, 0.0, 0.0]), OPEN, 0.5)
    assert served.servos.true_opening > 0.06, "jaws open freely"
    assert soon(lambda: cell.score()["lifted_s"] == 0.0)


def test_what_is_hidden_is_told_to_a_judge(served: Cell) -> None:
    served.cell.set_stage("waved")
    truth = served.cell.truth()
    assert truth["values"] == served.cell.drawn.to_info()
    camera, board = np.array(truth["T_base_camera"]), np.array(truth["T_base_board"])
    before = np.linalg.inv(camera) @ board
    assert 0.1 < before[2, 3] < 0.7, "a waved board is before the camera"
    assert truth["T_parent_camera"] == truth["T_base_camera"], "a tripod stands on the table"
    served.cell.set_stage("block")


def test_an_unknown_thing_to_show_is_told_and_harms_nothing(served: Cell) -> None:
    with pytest.raises(UnknownNameError, match="waved"):
        served.cell.set_stage("bord")
    assert served.cell.score()["angles"]


def test_a_cell_that_dies_is_told_to_whoever_wants_anything_of_it() -> None:
    with EmulatedCell(4) as cell:
        assert cell.process.pid is not None
        os.kill(cell.process.pid, signal.SIGKILL)
        assert soon(lambda: not cell.process.is_alive())
        time.sleep(0.2)
        with pytest.raises(RobotError, match=r"cell has ended: its process ended \(exit -9\)"):
            cell.latest()
        with pytest.raises(RobotError, match="has ended"):
            cell.score()


def test_a_cell_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = tmp_path / "left_alone.py"
    script.write_text(LEFT_ALONE)
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as starter:
        assert starter.stdout is not None and starter.stdin is not None
        cell = int(starter.stdout.readline())
        starter.stdin.close()
        assert starter.wait(10.0) == -signal.SIGKILL
        assert soon(lambda: not Path(f"/proc/{cell}").exists() or _is_zombie(cell))


def _is_zombie(process: int) -> bool:
    return "\nState:\tZ" in Path(f"/proc/{process}/status").read_text()
