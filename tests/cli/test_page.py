from html.parser import HTMLParser

import numpy as np
import pytest

from cli import plots
from cli.page import Film, Page, Row
from robot.errors import RobotError


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href") and value]


@pytest.fixture
def progress(tmp_path):
    path = tmp_path / "progress.csv"
    path.write_text(
        "step,success_rate,evaluation/success_rate,return,alpha,critic_loss\n"
        "100,0.1,,-3,0.1,0.5\n200,0.4,0.8,-1,0.09,0.2\n"
    )
    return plots.read_progress(path)


def test_gaps_in_the_log_stay_gaps(progress):
    assert progress["step"] == [100, 200]
    assert progress["evaluation/success_rate"][0] != progress["evaluation/success_rate"][0]


def test_the_level_of_a_curriculum_is_drawn_where_there_was_one(progress):
    assert "<!-- level -->" not in plots.learning_curve(progress)
    drawn = plots.learning_curve(progress | {"curriculum_level": [float("nan"), 1.0]})
    assert "<!-- level -->" in drawn


def test_each_logged_figure_has_a_panel_and_one_never_known_has_none(progress):
    unknown = {"actor_loss": [float("nan")] * 2, "reward/grasp": [0.0, 1.0]}
    drawn = plots.learner_figures(progress | unknown)
    for title in ("return", "return term: grasp", "critic loss", "temperature"):
        assert f"<!-- {title} -->" in drawn
    assert "<!-- actor loss -->" not in drawn


def test_the_page_needs_nothing_but_itself_and_escapes_what_it_shows(tmp_path, progress):
    video = tmp_path / "v.mp4"
    video.write_bytes(b"not played here")
    report = Page("<b>title</b>", "sub")
    report.card("1 < 2", "figures")
    report.plot("Curve", "words", plots.learning_curve(progress), plots.learner_figures(progress))
    report.video("Film", "words", video, ("left", "right"))
    report.films("Films", "words", [Film(video, False, "seed <1>")], across=1)
    report.pictures("Pictures", "words", [Row("Row", [(np.zeros((2, 2, 3), np.uint8), "<dark>")])])
    report.table("Table", "words", {"a": "<script>"})
    page = tmp_path / "report.html"
    report.write(page)
    text = page.read_text()
    assert "<script" not in text
    assert "&lt;b&gt;title" in text
    assert "&lt;dark&gt;" in text
    assert '<b class="bad">failure</b> · seed &lt;1&gt;' in text
    assert text.count("<svg") == 2
    links = Links()
    links.feed(text)
    assert all(link.startswith(("data:", "#")) for link in links.found)


def test_a_page_that_cannot_be_written_is_reported(tmp_path):
    with pytest.raises(RobotError, match="cannot be written"):
        Page("t", "s").write(tmp_path / "no" / "report.html")
