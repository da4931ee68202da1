"""What the page of a gap shows, made of a few episodes that are made up."""

from dataclasses import replace

import numpy as np
import pytest

from cli.deployment import Deployment, Moment, Outcome
from cli.gap_compare import Earlier
from cli.gap_figures import Gap, gap_figures
from cli.gap_notes import Attempt, Estimate, Shown, Side, Truth
from cli.gap_page import write_page
from cli.gap_pictures import MOST, SUCCESSES, chosen
from perception.jpeg import encode
from perception.lens import Lens
from perception.locate import Look
from robot.command import ArmState, JointCommand
from robot.grasp_run import Tick
from robot.mirror import Divergence
from robot.model import load_arm
from robot.task import GraspTask

MODEL = load_arm("dofbot")
TASK = GraspTask(MODEL)
LENS = Lens(np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]), np.zeros(5), (640, 480))
WHY = "cube: not seen in 3 s: <dark>"


def moments(episode):
    command = JointCommand(MODEL.grasp.look, 0.02)
    state = ArmState(MODEL.grasp.look, np.zeros(MODEL.n), 0.02, 0.0)
    block = ((0.2, 0.0, TASK.block_height), (0.0, 0.0, 0.0, 1.0))
    apart = Divergence(np.full(MODEL.n, 0.01), 0.004, 0.0, 0.0)
    return [
        Moment(episode, Tick(phase, command, command), state, state, block, apart)
        for phase in ("look", "policy", "close")
    ]


def attempt(episode, success):
    look = Look(0.0, {}, {}, (WHY,), ())
    shown = Shown(encode(np.full((480, 640, 3), 90, np.uint8)), look)
    if not success:
        return Attempt(episode, Outcome(False, WHY), shown=shown)
    block = np.array([0.2, 0.01 * episode, TASK.block_height])
    seen = Estimate(block + 0.001, 0.1, 0.001, 0.0002)
    return Attempt(episode, Outcome(True), True, Truth(block, 0.1, block), seen, 0.002, shown)


@pytest.fixture
def gap():
    table = Side([attempt(0, True), attempt(1, False)])
    table.done = Deployment(moments=[*moments(0), *moments(1)[:1]])
    simulation = Side([attempt(0, True), attempt(1, True)])
    spots = [None, (0.21, 0.02, 0.0)]
    gap = Gap(MODEL, TASK.block_height, 0.05, spots, simulation, table, lens=LENS)
    gap.about = {"policy": "dofbot-state", "table": "emulated cell 7, fixed camera"}
    return gap


def test_the_page_shows_both_sides_why_one_failed_and_pictures_of_both(gap, tmp_path):
    write_page(tmp_path / "gap.html", gap, gap_figures(gap), None)
    text = (tmp_path / "gap.html").read_text()
    assert "1 of 2" in text and "2 of 2" in text
    assert "not grasped: cube: not seen in 3 s: &lt;dark&gt;" in text
    assert "emulated cell 7, fixed camera" in text
    assert text.count("data:image/jpeg") == 5  # camera and twin twice, once with closed jaws
    assert text.count("<svg") == 3
    assert "http" not in text.replace("http://www.w3.org", "")
    for heading in ("Success", "Arm and twin", "Perception", "Episodes"):
        assert f"<h2>{heading}</h2>" in text


def test_an_earlier_report_stands_beside(gap, tmp_path):
    figures = gap_figures(gap)
    before = {name: replace(figure, value=figure.value / 2) for name, figure in figures.items()}
    earlier = Earlier(
        tmp_path / "old" / "gap.json", {"policy": "older", "arm": None}, before, {0: False, 1: None}
    )
    write_page(tmp_path / "gap.html", gap, figures, earlier)
    text = (tmp_path / "gap.html").read_text()
    assert "Of 2 places that both reports have, 1 went well only now, and 0 only" in text
    assert "Compared with an earlier report" in text and "<td>older</td>" in text
    assert "<td>25 %</td><td>+25 points</td><td>overlap</td>" in text


def test_what_nobody_knows_is_left_out_of_the_page(gap, tmp_path):
    gap.table.attempts, gap.simulation.attempts = [Attempt(0, Outcome(None))], []
    gap.table.done = Deployment()
    write_page(tmp_path / "gap.html", gap, gap_figures(gap), None)
    text = (tmp_path / "gap.html").read_text()
    assert "Nothing is known of this here." in text and "nobody could tell" in text


def test_failures_are_shown_before_more_successes(gap):
    gap.table.attempts = [attempt(i, i % 2 == 0) for i in range(60)]
    gap.simulation.attempts = [attempt(i, True) for i in range(60)]
    numbers = chosen(gap)
    assert len(numbers) == MOST
    assert sum(number % 2 == 0 for number in numbers) == SUCCESSES
