import csv

import pytest

from cli.main import main
from policies.config import TrainConfig
from policies.runs import RUNS, RunFolder


def make_run(name: str, rates: list[float]) -> None:
    folder = RunFolder(RUNS / name)
    folder.create(TrainConfig(env_id="Pendulum-v1"), 1)
    with folder.progress.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "seconds", "evaluation/success_rate"])
        rows.writerow([500, 1.5, ""])
        rows.writerows((1000 * (i + 1), 3.0 * (i + 1), rate) for i, rate in enumerate(rates))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_says_when_each_run_got_there_and_whether_it_fell(capsys, tmp_path) -> None:
    make_run("seen-0", [0.5, 0.96, 0.88, 0.97])
    make_run("seen-1", [0.1, 0.2])
    assert main(["compare", "seen-0", "seen-1", "--out", str(tmp_path / "c.svg")]) == 0
    printed = capsys.readouterr().out
    first, second = (line for line in printed.splitlines() if "seen-" in line)
    assert all(word in first for word in ("2,000", "88%", "97%"))
    assert all(word in second for word in ("never", "20%"))


def test_runs_are_compared_by_the_clock_too(capsys, tmp_path) -> None:
    make_run("seen-0", [0.5, 0.96])
    out = tmp_path / "c.svg"
    assert main(["compare", "seen-0", "--over", "seconds", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "first 95 % at seconds" in printed
    assert " 6 " in printed
    assert "<!-- seconds of training -->" in out.read_text()


def test_runs_that_differ_in_their_seed_alone_share_a_colour(tmp_path) -> None:
    for name in ("seen-0", "seen-1", "blind-0"):
        make_run(name, [0.2, 0.4])
    out = tmp_path / "c.svg"
    assert main(["compare", "seen-0", "seen-1", "blind-0", "--out", str(out)]) == 0
    drawn = out.read_text()
    assert drawn.count("<!-- seen -->") == drawn.count("<!-- blind -->") == 1


def test_a_run_without_evaluations_is_refused(capsys) -> None:
    make_run("young-0", [])
    assert main(["compare", "young-0"]) == 2
    assert "not evaluated yet" in capsys.readouterr().err


def test_a_plot_that_cannot_be_written_is_refused(capsys, tmp_path) -> None:
    make_run("seen-0", [0.2])
    assert main(["compare", "seen-0", "--out", str(tmp_path / "none" / "c.svg")]) == 2
    assert "--out" in capsys.readouterr().err
