import json
from pathlib import Path

import pytest
from small_policies import DEPTH, STATE, save_untrained

from cli import evaluate
from cli.main import main
from cli.report_subject import find_subject
from sim.grid import grid_cells
from sim.randomization import RANDOMIZATIONS


@pytest.fixture(autouse=True)
def _workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_grid_of_a_policy_that_sees_is_told_filed_and_plotted(tmp_path, capsys):
    run = tmp_path / "runs/seen"
    save_untrained(run / "checkpoints/best", DEPTH, image_size=16)
    (run / "config.json").write_text("{}")
    told = ["evaluate", "seen", "--grid", "--episodes-per-cell", "1", "--json", "--seed", "5"]
    assert main([*told, "--workers", "2"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures == json.loads((run / "grid.json").read_text())
    names = [cell.name for cell in grid_cells(RANDOMIZATIONS["default"])]
    assert [cell["name"] for cell in figures["cells"]] == names
    assert figures["overall"]["episodes"] == len(names)
    assert figures["randomization"] == "default"
    assert figures["seeds"] == [5, 5]
    assert "camera fov" in (run / "grid.svg").read_text()
    assert find_subject("seen").grid == figures["cells"]


def test_the_grid_of_a_shipped_policy_goes_among_the_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(evaluate, "grid_cells", lambda *drawn: grid_cells(*drawn)[:3])
    told = ["evaluate", "dofbot-state", "--grid", "--episodes-per-cell", "1", "--workers", "2"]
    assert main(told) == 0
    said = capsys.readouterr().out
    assert "worst cell: " in said
    assert "runs/grid-dofbot-state/grid.json" in said
    assert (tmp_path / "runs/grid-dofbot-state/grid.svg").is_file()


@pytest.mark.parametrize(("asked", "expected"), [((), "wide"), (("--randomization", "off"), "off")])
def test_figures_say_the_conditions_they_were_measured_in(tmp_path, capsys, asked, expected):
    save_untrained(tmp_path / "p", STATE, randomization="wide")
    few = ("--episodes", "1", "--workers", "0", "--json", "--out", "figures.json")
    assert main(["evaluate", "p", *few, *asked]) == 0
    assert json.loads(capsys.readouterr().out)["randomization"] == expected
    assert json.loads((tmp_path / "figures.json").read_text())["randomization"] == expected


@pytest.mark.parametrize("asked", [["--grid"], ["--randomization", "default"]])
def test_an_environment_without_conditions_is_refused(tmp_path, capsys, asked):
    save_untrained(tmp_path / "p", "Pendulum-v1")
    assert main(["evaluate", "p", *asked]) == 2
    assert "Pendulum-v1 is no grasp of ours, which has" in capsys.readouterr().err


def test_its_conditions_are_not_told_where_there_are_none(tmp_path, capsys):
    save_untrained(tmp_path / "p", "Pendulum-v1")
    assert main(["evaluate", "p", "--episodes", "1", "--workers", "0", "--json"]) == 0
    assert "randomization" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (["--grid", "--randomization", "off"], "off varies nothing, so it has no grid"),
        (["--grid", "--randomization", "wild"], "did you mean 'wide'"),
        (["--grid", "--episodes-per-cell", "0"], "--episodes-per-cell 0: at least 1"),
        (["--randomization", "wild"], "did you mean 'wide'"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_mend(capsys, asked, reason):
    assert main(["evaluate", "dofbot-state", *asked]) == 2
    assert reason in capsys.readouterr().err


def test_a_policy_for_another_camera_is_refused_naming_both(tmp_path, capsys):
    save_untrained(tmp_path / "p", DEPTH, details={"fov_degrees": 70.0})
    assert main(["evaluate", "p", "--grid"]) == 2
    told = capsys.readouterr().err
    assert "made for details.fov_degrees 70.0, but this needs 82.0" in told


def test_a_policy_that_picks_is_judged_on_the_objects_of_the_split_that_is_named(tmp_path, capsys):
    save_untrained(tmp_path / "runs/picks", STATE, task="full", clutter="train")
    asked = ["evaluate", "runs/picks", "--episodes", "1", "--workers", "1", "--json"]
    for split in ("train", "test"):
        assert main([*asked, "--clutter", split]) == 0
        assert json.loads(capsys.readouterr().out)["clutter"] == split
    assert main(["evaluate", "dofbot-state", "--clutter", "test", "--episodes", "1"]) == 2
    assert "clutter is for the task full, not for guided" in capsys.readouterr().err
