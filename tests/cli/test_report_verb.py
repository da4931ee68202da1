import csv
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import chdir
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cli.main import main
from cli.recording import record
from cli.report_episodes import play
from cli.report_subject import find_subject
from policies.runs import RunFolder

SMALL = (
    *("--total-steps", "400", "--start-steps", "100", "--log-every", "100", "--eval-every", "0"),
    *("--eval-episodes", "2", "--workers", "0", "--sac.hidden", "16", "--sac.batch-size", "16"),
    *("--sac.threads", "1"),
)
FEW = ("--episodes", "2", "--films", "1", "--workers", "0")


class Outside(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        names = ("src", "href", "xlink:href", "srcset", "data", "action")
        links = [value for name, value in attrs if name in names and value]
        self.found += [link for link in links if not link.startswith(("data:", "#"))]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Stay in a folder with a run from state and one from pictures, both too short to learn."""
    folder = tmp_path_factory.mktemp("workplace")
    with chdir(folder):
        for task, name in (("DofbotGrasp", "state"), ("DofbotGraspDepth", "seen")):
            env_id = f"twinarm/{task}-v0"
            assert main(["train", env_id, "--name", name, *SMALL]) == 0
        yield folder


def sections(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_a_run_from_pictures_shows_all_its_sections_and_nothing_from_outside(workplace):
    assert main(["report", "seen", *FEW]) == 0
    page = (workplace / "runs/seen/report.html").read_text()
    assert sections(page) == [
        "Learning curves",
        "Episodes",
        "What the network sees",
        "What the network makes of it",
        "Where the critic looks",
        "Evaluation",
        "Held-out grid",
        "Versions",
        "Settings",
    ]
    assert Outside(page).found == []
    namespaces = r"(?!www\.w3\.org/)"
    assert not re.search(rf"url\((?!#)|@import|https?://{namespaces}", page)
    assert len(page) < 8e6
    assert page.count("data:video/mp4") >= 1
    assert page.count("data:image/png") == 6 + 3 + 6
    assert "per mm" in page


@pytest.mark.usefixtures("workplace")
def test_what_is_filmed_is_what_was_played():
    # Large enough that its products round otherwise in other batches.
    subject = find_subject("dofbot-state")
    played = play(subject, subject.env_kwargs, "playing", episodes=9, seed=3, workers=0)
    for episode in (played.episodes[5], played.episodes[8]):
        recording = record(subject, played, episode.seed)
        assert (recording.success, recording.total) == (episode.success, episode.total)
        assert len(recording.pictures) > len(recording.observations) / 2


def test_a_run_from_state_leaves_the_pictures_out(workplace):
    assert main(["report", "state", *FEW, "--out", "page.html"]) == 0
    page = (workplace / "page.html").read_text()
    assert "Learning curves" in sections(page)
    assert "What the network sees" not in sections(page)
    assert "data:image/png" not in page
    assert 'class="bad">failure' in page


def test_the_grid_has_a_row_for_each_cell_and_a_dash_for_what_is_not_known(workplace):
    cells = [
        {"name": "camera_x low", "parameter": "camera_x", "success_rate": 0.875, "episodes": 40,
         "ci95": [0.5, 0.93]},
        {"name": "all 1", "parameter": "all"},
    ]  # fmt: skip
    grid = workplace / "runs/state/grid.json"
    for form in ({"cells": cells}, {cell["name"]: cell for cell in cells}, cells):
        grid.write_text(json.dumps(form))
        assert find_subject("state").grid == cells
    assert main(["report", "state", *FEW, "--out", "page.html"]) == 0
    grid.unlink()
    page = (workplace / "page.html").read_text()
    first = "<td>camera_x low</td><td>camera_x</td><td>40</td><td>87.5%</td>"
    assert f"{first}<td>50.0% to 93.0%</td>" in page
    assert "<td>all 1</td><td>all</td><td>–</td><td>–</td><td>–</td>" in page


def test_a_shipped_policy_that_never_fails_says_so_and_is_tried_harder(workplace):
    assert main(["report", "dofbot-state", *FEW]) == 0
    page = (workplace / "runs/report-dofbot-state.html").read_text()
    assert "None of 2 held-out episodes failed" in page
    assert "under harder conditions, randomization wide" in page
    assert "near miss" in page


def test_a_policy_apart_from_its_run_says_why_it_shows_no_critic_and_no_curve(workplace):
    shutil.copytree(workplace / "runs/seen/checkpoints/best", workplace / "alone")
    assert main(["report", "alone", *FEW]) == 0
    page = (workplace / "runs/report-alone.html").read_text()
    assert "needs the critics" in page
    assert "no progress.csv" in page


def test_a_run_without_a_checkpoint_is_refused_with_the_mend(workplace, capsys):
    early = RunFolder(workplace / "runs/early")
    early.path.mkdir()
    shutil.copy(RunFolder(workplace / "runs/state").config, early.config)
    assert main(["report", "early"]) == 2
    told = capsys.readouterr().err
    assert "no checkpoint yet" in told
    assert "let it train on" in told


def test_a_damaged_grid_is_refused_by_name(workplace, capsys):
    grid = workplace / "runs/state/grid.json"
    grid.write_text("{")
    assert main(["report", "state", *FEW]) == 2
    grid.unlink()
    told = capsys.readouterr().err
    assert "grid.json: cannot be read" in told


def test_an_environment_that_judges_nothing_and_draws_nothing_is_reported_all_the_same(workplace):
    assert main(["train", "Pendulum-v1", "--name", "p", *SMALL]) == 0
    assert main(["report", "p", *FEW]) == 0
    page = (workplace / "runs/p/report.html").read_text()
    assert "none of which is judged" in page
    assert "Held-out grid" not in sections(page)
    with (workplace / "runs/p/progress.csv").open() as file:
        assert "success_rate" not in csv.DictReader(file).fieldnames
    assert page.count("<svg") == 1
