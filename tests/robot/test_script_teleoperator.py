from pathlib import Path

import numpy as np
import pytest
from hand_clock import HandClock

from robot.command import JointCommand
from robot.errors import RobotError
from robot.kinematic_arm import KinematicArm
from robot.model import load_arm
from robot.motion_script import MotionScript, columns, read_script
from robot.script_teleoperator import ScriptTeleoperator
from robot.teleoperator import Teleoperator

MODEL = load_arm("dofbot")
PERIOD = 1 / 30
HEADER = ",".join(columns(MODEL))
ROWS = ["0,0.4,0.2,0,0,0,0.05", "1.5,0.8,0.2,0.3,0,0,0.03", "3,0.1,0.2,0.3,0.3,0,0.03"]


def script(path: Path, *rows: str, header: str = HEADER) -> MotionScript:
    (path / "wave.csv").write_text("\n".join([header, *rows]) + "\n")
    return read_script(path / "wave.csv", MODEL)


class Stage:
    """An ideal arm that a script moves."""

    def __init__(self, played: MotionScript) -> None:
        self.clock = HandClock()
        self.arm = KinematicArm(MODEL, clock=self.clock)
        self.arm.connect()
        self.source = ScriptTeleoperator(MODEL, played, clock=self.clock)
        self.commands: list[JointCommand] = []

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / PERIOD)):
            command = self.source.command(self.arm.state())
            if command is not None:
                self.commands.append(self.arm.command(command))
            self.clock.now += PERIOD


def test_it_goes_slowly_to_the_first_row_and_then_through_all_in_their_time(tmp_path):
    stage = Stage(script(tmp_path, *ROWS))
    teleoperator: Teleoperator = stage.source
    with teleoperator:
        while not stage.source.status.startswith("following"):
            stage.run(PERIOD)
        approach = np.array([command.positions for command in stage.commands])
        assert np.abs(np.diff(approach, axis=0)).max() <= 0.26 * MODEL.max_velocity[0] * PERIOD
        begun = stage.clock()
        while not stage.source.ended:
            stage.run(PERIOD)
            assert stage.clock() < begun + 4.0
    assert stage.clock() - begun == pytest.approx(3.0, abs=0.2)
    np.testing.assert_allclose(stage.commands[-1].positions, [0.1, 0.2, 0.3, 0.3, 0.0])
    assert stage.source.command(stage.arm.state()) is None


def test_every_row_is_passed_at_its_time(tmp_path):
    stage = Stage(script(tmp_path, *ROWS))
    while not stage.source.status.startswith("following"):
        stage.run(PERIOD)
    stage.run(1.5)
    assert stage.commands[-1].positions[0] == pytest.approx(0.8, abs=0.04)
    assert stage.commands[-1].gripper == pytest.approx(0.03, abs=0.002)


def test_after_a_clutch_it_goes_on_where_it_was(tmp_path):
    stage = Stage(script(tmp_path, *ROWS))
    while not stage.source.status.startswith("following"):
        stage.run(PERIOD)
    stage.run(1.0)
    there = stage.commands[-1].positions
    stage.source.clutch = True
    told = len(stage.commands)
    stage.run(2.0)
    assert len(stage.commands) == told
    stage.source.clutch = False
    stage.run(4 * PERIOD)
    assert np.abs(stage.commands[-1].positions - there).max() < 0.1
    stage.run(3.0)
    assert stage.source.ended


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ([], HEADER, "not one row"),
        (ROWS, "time,joint1", "has to be time_s,joint1_rad"),
        (["0,0,0,0,0,0"], HEADER, "row 2 is not 7 finite numbers"),
        (["0,0,0,0,nan,0,0.05"], HEADER, "row 2 is not 7 finite numbers"),
        (["0,0,zero,0,0,0,0.05"], HEADER, "row 2 is not 7 finite numbers"),
        ([ROWS[0], ROWS[2], ROWS[1]], HEADER, "row 4 is not later"),
        (["0,0,2.5,0,0,0,0.05"], HEADER, "joint2_rad is 2.5, outside -1.57"),
        (["0,0,0,0,0,0,0.5"], HEADER, "gripper_m is 0.5, outside"),
        (["0,0,0,0,0,0,0.05", "0.1,1,0,0,0,0,0.05"], HEADER, "10.00 rad/s, at most 2.45"),
    ],
)
def test_a_script_that_no_arm_can_follow_is_refused(tmp_path, rows, header, said):
    with pytest.raises(RobotError, match=r"wave\.csv") as error:
        script(tmp_path, *rows, header=header)
    assert said in str(error.value)


def test_no_file_and_no_text_are_told(tmp_path):
    with pytest.raises(RobotError, match="no script can be read"):
        read_script(tmp_path / "none.csv", MODEL)
    (tmp_path / "wave.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RobotError, match="no script can be read"):
        read_script(tmp_path / "wave.csv", MODEL)
