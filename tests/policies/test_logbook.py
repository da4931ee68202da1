import csv
from pathlib import Path

from policies.logbook import Logbook


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(tmp_path: Path, *entries: tuple[int, dict[str, float]], after: int = 0) -> Path:
    path = tmp_path / "progress.csv"
    with Logbook(path, tmp_path / "tensorboard", after) as logbook:
        for step, figures in entries:
            logbook.add(step, figures)
    return path


def test_a_figure_that_appears_later_gets_its_column(tmp_path: Path) -> None:
    path = write(tmp_path, (10, {"a": 1.5}), (20, {"a": 2, "b": 0.25}), (30, {"b": 1}))
    assert rows(path) == [
        {"step": "10", "a": "1.5", "b": ""},
        {"step": "20", "a": "2", "b": "0.25"},
        {"step": "30", "a": "", "b": "1"},
    ]


def test_resuming_drops_the_rows_beyond_the_checkpoint(tmp_path: Path) -> None:
    write(tmp_path, (10, {"a": 1}), (20, {"a": 2}), (30, {"a": 3}))
    path = write(tmp_path, (30, {"a": 4}), after=20)
    assert [(row["step"], row["a"]) for row in rows(path)] == [
        ("10", "1"),
        ("20", "2"),
        ("30", "4"),
    ]


def test_an_unfinished_last_line_is_dropped(tmp_path: Path) -> None:
    path = write(tmp_path, (10, {"a": 1}), (20, {"a": 2}))
    path.write_text(path.read_text() + "30,1")
    write(tmp_path, after=1000)
    assert [row["step"] for row in rows(path)] == ["10", "20"]


def test_tensorboard_gets_the_same_figures(tmp_path: Path) -> None:
    write(tmp_path, (10, {"reward/lift": 1.5}))
    events = next((tmp_path / "tensorboard").iterdir()).read_bytes()
    assert b"reward/lift" in events


def test_without_tensorboard_the_curve_is_written_alone(tmp_path: Path) -> None:
    path = tmp_path / "progress.csv"
    with Logbook(path, None) as logbook:
        logbook.add(10, {"a": 1.5})
    assert rows(path) == [{"step": "10", "a": "1.5"}]
    assert list(tmp_path.iterdir()) == [path]
