import io
import sys
from math import degrees
from threading import Timer

import numpy as np
import pytest

from cli.calibrate_joints import Joints, calibrate_joints
from cli.calibrating_person import EmulatedPerson, PersonAtTheArm
from cli.main import main
from hardware.emulation.board import EmulatedBoard
from hardware.emulation.servo_errors import ServoErrors
from hardware.servos.boards import BOARDS, named_board
from hardware.servos.calibration import nominal
from hardware.servos.calibration_file import load_calibration
from hardware.servos.servo_entry import entries
from robot.errors import RobotError
from robot.model import load_arm

pytestmark = pytest.mark.real_time

MODEL = load_arm("dofbot")
DS = named_board("ds")
EXACT = ServoErrors(backlash=0.0, zero_std=0.06, gain_std=0.03)


def options(board, tmp_path, **changes):
    values = {"driver": "ds", "device": board.device, "readings": 2, "delay": 0.0}
    return Joints(**{**values, "out": tmp_path / "joints.json", **changes})


@pytest.fixture
def arm():
    with EmulatedBoard(MODEL, DS, errors=EXACT, seed=3) as board:
        yield board


def test_what_is_hidden_in_the_servos_is_found_through_the_real_driver(arm, tmp_path):
    assert calibrate_joints(options(arm, tmp_path), EmulatedPerson(arm.servos, MODEL)) == 0
    found = load_calibration(tmp_path / "joints.json", MODEL, DS)
    usual = nominal(MODEL, DS)
    worst, worst_before = 0.0, 0.0
    for pose in np.random.default_rng(1).uniform(-1.2, 1.2, (10, MODEL.n)):
        arm.servos.hand([*pose, 0.9])
        counts = arm.servos.measured()
        positions, opening = found.place(counts, MODEL)
        worst = max(worst, np.abs(positions - arm.servos.true_positions).max())
        before = usual.place(counts, MODEL)[0] - arm.servos.true_positions
        worst_before = max(worst_before, np.abs(before).max())
        assert opening == pytest.approx(arm.servos.true_opening, abs=1e-3)
    assert degrees(worst_before) > 4.0
    assert degrees(worst) < 0.2


@pytest.mark.parametrize("board", BOARDS)
def test_it_goes_by_itself_on_every_emulated_board(board, capsys):
    code = main(
        ["calibrate", "joints", "--driver", "emulated", "--board", board, "--readings", "1"]
    )
    told = capsys.readouterr().out
    assert code == 0
    assert "joint2 at +90 deg: with the joints beyond it at 0 the tool points to the front" in told
    assert "kept with --out" in told


def test_the_arm_is_limp_all_the_time_and_never_sent_anywhere(arm, tmp_path):
    limp = []

    class Watching(EmulatedPerson):
        def place(self, pose):
            super().place(pose)
            limp.append(not arm.servos.torque and len(arm.servos.limp) == 6)

    calibrate_joints(options(arm, tmp_path), Watching(arm.servos, MODEL))
    assert len(limp) == 13
    assert all(limp)
    assert arm.monitor.writes_seen == 0
    assert arm.monitor.breaches == ()


@pytest.mark.parametrize("pose", range(13))
def test_ctrl_c_in_any_pose_writes_nothing_and_lets_go_of_the_port(arm, tmp_path, pose):
    class Leaving(EmulatedPerson):
        left = pose

        def place(self, pose):
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            super().place(pose)

    with pytest.raises(KeyboardInterrupt):
        calibrate_joints(options(arm, tmp_path, readings=1), Leaving(arm.servos, MODEL))
    assert list(tmp_path.iterdir()) == []
    again = arm.bus()
    again.open()
    again.close()


def test_a_servo_that_turns_the_other_way_is_told_in_plain_words_and_used(tmp_path, capsys):
    errors = ServoErrors(backlash=0.0, reversed_servos=(2,))
    with EmulatedBoard(MODEL, DS, errors=errors) as board:
        calibrate_joints(options(board, tmp_path), EmulatedPerson(board.servos, MODEL))
    assert "! joint2: turns the other way round than usual" in capsys.readouterr().out
    found = entries(load_calibration(tmp_path / "joints.json", MODEL, DS), MODEL, DS)
    assert [entry.direction for entry in found] == [1, 1, -1, -1, 1, 1]


def test_a_pose_that_was_missed_is_told(arm, tmp_path, capsys):
    class Careless(EmulatedPerson):
        def place(self, pose):
            super().place(pose)
            if "joint3 at -90" in pose.words:
                self._turn(2, -1.2)

    calibrate_joints(options(arm, tmp_path), Careless(arm.servos, MODEL))
    assert "! joint3: its poses do not lie on one line" in capsys.readouterr().out


def test_servos_that_do_not_turn_with_their_joints_are_not_written(arm, tmp_path, capsys):
    class Absent(EmulatedPerson):
        def place(self, pose):
            if "joint3" not in pose.words:
                super().place(pose)

    with pytest.raises(RobotError, match="nothing written"):
        calibrate_joints(options(arm, tmp_path), Absent(arm.servos, MODEL))
    assert "! joint3: gain 0 is outside" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_hand_that_moves_is_asked_for_the_pose_again(arm, tmp_path, capsys):
    class Shaking(EmulatedPerson):
        steady = False

        def place(self, pose):
            super().place(pose)
            if not self.steady:
                self.steady = True
                Timer(0.1, arm.servos.hand, [self._put + 0.3]).start()

    calibrate_joints(options(arm, tmp_path, readings=8), Shaking(arm.servos, MODEL))
    told = capsys.readouterr().out
    assert told.count("while it was read: once more") == 1
    assert told.count("all joints at 0") == 2


def answering(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_nothing_is_written_unless_the_person_says_yes(arm, tmp_path, monkeypatch, capsys):
    class Shy(EmulatedPerson):
        def agrees(self, question):
            assert str(tmp_path / "joints.json") in question
            return False

    assert calibrate_joints(options(arm, tmp_path), Shy(arm.servos, MODEL)) == 0
    assert "nothing written" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_without_a_person_it_names_the_emulated_one(arm, tmp_path, monkeypatch):
    answering(monkeypatch, "\n\n")
    with pytest.raises(RobotError, match="--driver emulated"):
        calibrate_joints(options(arm, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_person_at_the_keyboard_is_led_through_all_poses(arm, tmp_path, monkeypatch, capsys):
    answering(monkeypatch, "\n" * 14)
    with pytest.raises(RobotError, match="nothing written"):  # nobody turned anything
        calibrate_joints(options(arm, tmp_path, readings=1))
    told = capsys.readouterr().out
    assert "so that it cannot fall" in told
    assert told.count("then hold it there") == 13
    assert told.count("lay it down") == 1


def test_a_person_who_leaves_is_told_that_the_arm_is_limp(arm, tmp_path, monkeypatch, capsys):
    class Leaving(PersonAtTheArm):
        def place(self, pose):
            raise KeyboardInterrupt

    answering(monkeypatch, "\n")
    with pytest.raises(KeyboardInterrupt):
        calibrate_joints(options(arm, tmp_path), Leaving(0.0))
    assert "limp and stays so: lay it down" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--driver", "dss"], "did you mean 'ds'?"),
        (["--driver", "emulated", "--board", "x"], "unknown board 'x'"),
        (["--driver", "emulated", "--device", "/dev/ttyUSB0"], "--device"),
        (["--driver", "emulated", "--gauge", "62"], "10 to 50 mm"),
        (["--driver", "emulated", "--readings", "0"], "at least 1"),
        (["--driver", "emulated", "--out", "no/such/folder.json"], "no/such"),
        (["--driver", "ds", "--device", "/dev/ttyNONE"], "/dev/ttyNONE"),
    ],
)
def test_a_mistake_is_answered_with_the_mend(args, said, capsys):
    assert main(["calibrate", "joints", *args]) == 2
    assert said in capsys.readouterr().err


def test_the_verb_alone_lists_what_can_be_calibrated(capsys):
    assert main(["calibrate"]) == 0
    assert "twinarm calibrate joints" in capsys.readouterr().out
