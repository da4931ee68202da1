"""The verb in processes of its own: in an emulated cell, and with a person whom the test plays."""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from true_files import write_true_files
from verb_process import Interrupted, environment

from cli.gap import in_turn
from cli.gap_setting import SettingOptions, check_setting
from cli.judged_cell import JudgedCell
from cli.judged_table import drawn_spots
from cli.main import main
from robot.errors import RobotError
from robot.model import load_arm
from robot.task import GraspTask

pytestmark = pytest.mark.real_time

CELL, SIZE = 101, (640, 480)
MODEL = load_arm("dofbot")


def calibrated(cell: JudgedCell, folder: Path, raised: float = 0.0) -> tuple[str, ...]:
    """Return the options that name true files of the fixed camera of ``cell``."""
    files: tuple[str, ...] = write_true_files(cell, MODEL, CELL, "fixed", folder, raised)
    return files


class Told:
    """The verb with somebody at its keyboard, who reads what it says on stderr."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *args],
            cwd=folder, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def until(self, words: str, patience: float = 60.0) -> None:
        assert self.process.stderr is not None
        said, limit = "", time.monotonic() + patience
        while words not in said:
            ready, _, _ = select.select([self.process.stderr], [], [], 1.0)
            said += self.process.stderr.readline() if ready else ""
            assert time.monotonic() < limit and self.process.poll() is None, said

    def types(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()


@pytest.mark.slow
def test_the_gap_of_a_cell_is_measured_on_both_sides(
    twinarm: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    with JudgedCell(CELL, camera="fixed") as cell:
        files = calibrated(cell, tmp_path)
    told = twinarm(
        "gap", "dofbot-state", "--cell", str(CELL), "--cell-camera", "fixed", *files,
        "--episodes", "1", "--out", "out", "--json",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    whole = json.loads(told.stdout)
    figures, episode = whole["figures"], whole["episodes"][0]
    assert figures["success_simulation"]["value"] == 1.0
    assert figures["success_table"]["count"] == 1
    assert figures["block_error_median_mm"]["value"] < 2.0
    assert 0.1 < figures["tool_apart_rms_mm"]["value"] < 20.0
    assert 0.1 < figures["round_trip_median_ms"]["value"] < 50.0
    x, y, _ = drawn_spots(GraspTask(MODEL), 0, 1)[0]
    for side in ("table", "simulation"):
        assert episode[side]["block_mm"][:2] == pytest.approx([1e3 * x, 1e3 * y], abs=1.0)
    assert (tmp_path / "out/gap.html").stat().st_size > 50_000


@pytest.mark.slow
def test_of_a_block_that_is_refused_is_told_how_far_off_the_camera_has_it(
    twinarm: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    with JudgedCell(CELL, camera="fixed") as cell:
        files = calibrated(cell, tmp_path, raised=0.014)
    told = twinarm(
        "gap", "dofbot-state", "--cell", str(CELL), "--cell-camera", "fixed", *files,
        "--episodes", "1", "--out", "out", "--json",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    whole = json.loads(told.stdout)
    assert whole["figures"]["block_bias_z_mm"]["value"] == pytest.approx(14.0, abs=2.0)
    assert "tool_apart_rms_mm" not in whole["figures"]
    table = whole["episodes"][0]["table"]
    assert table["success"] is False and "its middle is +1" in table["why"]
    assert whole["episodes"][0]["simulation"]["success"] is True


@pytest.mark.slow
def test_a_person_lays_and_judges_and_may_take_their_time(tmp_path: Path) -> None:
    with JudgedCell(CELL, camera="fixed", options=("--timing.rest-after-s", "2.0")) as cell:
        verb = Told(
            tmp_path, "gap", "dofbot-state", "--arm", cell.url, "--camera", cell.url,
            *calibrated(cell, tmp_path), "--insecure-loopback", "--anywhere", "--out", "out",
        )  # fmt: skip
        verb.until("anywhere in x 195 to 245, y -50 to 50 mm")
        time.sleep(4.0)  # an arm that nobody commands would have gone to rest
        angles = np.array(cell.score()["angles"][: MODEL.n])
        np.testing.assert_allclose(angles, MODEL.grasp.look, atol=0.05)
        cell.place_block(0.21, 0.015)
        verb.types("\n")
        verb.until("y or n")
        verb.types("perhaps\n")
        verb.until("y or n")
        verb.types("y\n")
        verb.until("2/10: lay the block")
        said, complaint = verb.process.communicate(timeout=60)  # closes its standard input
    assert verb.process.returncode == 2
    assert "nobody answers" in complaint and "Traceback" not in complaint
    assert "grasped on the table" in said
    whole = json.loads((tmp_path / "out/gap.json").read_text())
    assert len(whole["episodes"]) == 1 and whole["about"]["judge"] == "person"
    assert whole["episodes"][0]["table"]["success"] is True
    assert whole["episodes"][0]["simulation"]["block_mm"][:2] == pytest.approx([210, 15], abs=3)


@pytest.mark.slow
def test_ctrl_c_at_a_question_ends_it_and_the_arm_holds(tmp_path: Path) -> None:
    with JudgedCell(CELL, camera="fixed") as cell:
        going = Interrupted(
            tmp_path, "gap", "dofbot-state", "--arm", cell.url, "--camera", cell.url,
            *calibrated(cell, tmp_path), "--insecure-loopback", "--out", "out",
        )  # fmt: skip

        def at_the_look() -> bool:
            angles = np.array(cell.score()["angles"][: MODEL.n])
            return bool(np.abs(angles - MODEL.grasp.look).max() < 0.05)

        code, output = going.when(at_the_look)
    assert code == 130, output
    assert "stopped" in output and "Traceback" not in output


def test_ctrl_c_is_answered_before_what_was_grasped_is_simulated(capsys):
    said = []

    def grasp():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_turn(grasp, lambda: said.append(capsys.readouterr().err))
    assert said == ["stopped: the arm holds where it is\n"]


@pytest.mark.parametrize(
    ("second", "said"), [(RobotError("no room"), "no room"), (KeyboardInterrupt(), "stopped")]
)
def test_what_ended_grasping_is_what_is_told_in_the_end(second, said, capsys):
    def ends(error):
        raise error

    with pytest.raises(RobotError, match="the arm is gone"):
        in_turn(lambda: ends(RobotError("the arm is gone")), lambda: ends(second))
    assert f"the simulation ended early: {said}" in capsys.readouterr().err
    with pytest.raises(type(second)):
        in_turn(lambda: None, lambda: ends(second))


@pytest.mark.parametrize(
    ("options", "sees", "said"),
    [
        ({}, False, "which table"),
        ({"cell": 7, "arm": "tcp://pi:5555"}, False, "which table"),
        ({"cell": -1}, False, "0 or more"),
        ({"cell": 7, "camera": "0"}, False, "its own camera"),
        ({"cell": 7, "anywhere": True}, False, "leave out --anywhere;"),
        ({"cell": 7, "target": "tag:7:30"}, False, "leave out --target;"),
        ({"cell": 7, "target": "tag:7:30"}, True, "leave out --target;"),
        ({"cell": 7, "keys": Path("k"), "judge": "jaws"}, False, "leave out --keys, --judge;"),
        ({"cell": 7, "insecure_loopback": True}, False, "leave out --insecure-loopback;"),
        ({"cell": 7, "lens": Path("l")}, False, "give both"),
        ({"cell": 7, "cell_camera": "fixed"}, True, "depth camera"),
        ({"arm": "sim", "camera": "0"}, False, "no address"),
        ({"arm": "tcp://pi:5555"}, False, "--camera"),
        ({"arm": "tcp://pi:5555", "camera": "0", "cell_camera": "wrist"}, False, "--cell-camera"),
        ({"arm": "tcp://pi:5555", "camera": "tcp://pi:5555", "anywhere": True}, True, "where"),
        ({"arm": "tcp://pi:5555", "camera": "0", "lens": Path("l")}, True, "--lens is of a camera"),
        ({"arm": "tcp://pi:5555", "camera": "0", "hand_eye": Path("h")}, True, "--hand-eye is of"),
        ({"arm": "tcp://pi:5555", "camera": "0", "target": "tag:7:30"}, True, "--target is of a"),
    ],
)
def test_options_that_make_no_sense_together_are_refused(options, sees, said):
    with pytest.raises(RobotError, match=said):
        check_setting(SettingOptions(**options), sees)


@pytest.mark.parametrize(
    ("options", "sees"),
    [
        ({"cell": 7}, True),
        ({"cell": 7, "cell_camera": "fixed", "lens": Path("l"), "hand_eye": Path("h")}, False),
        ({"arm": "tcp://pi:5555", "camera": "0", "judge": "jaws"}, True),
        (
            {
                "arm": "tcp://pi:5555", "camera": "0", "target": "tag:7:30", "lens": Path("l"),
                "hand_eye": Path("h"), "keys": Path("k"), "anywhere": True, "judge": "jaws",
            },
            False,
        ),
    ],
)  # fmt: skip
def test_options_that_make_sense_together_are_taken(options, sees):
    check_setting(SettingOptions(**options), sees)


def test_blocks_lie_all_over_the_spawn_area_the_same_for_a_seed():
    spots = np.array(drawn_spots(GraspTask(MODEL), 3, 200))
    assert spots.tolist() == np.array(drawn_spots(GraspTask(MODEL), 3, 200)).tolist()
    spread = np.ptp(spots, axis=0)
    assert spread == pytest.approx([0.05, 0.1, np.radians(20.0)], rel=0.1)
    for x, y, _ in spots:
        MODEL.grasp.check_place(x, y)


def test_the_verb_tells_a_wrong_call_before_anything_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for args, said in (
        (["--cell", "7", "--episodes", "0"], "--episodes 0"),
        (["--cell", "7", "--against", "none.json"], "--against none.json"),
        (["--cell", "7", "--servos", "none.json"], "none.json"),
    ):
        assert main(["gap", "dofbot-state", *args]) == 2
        assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
