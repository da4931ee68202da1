"""The tables of a report: how the policy did, here, in its files, and over the held-out grid."""

from collections.abc import Mapping
from typing import Any

from cli.grasp_tasks import OURS
from cli.page import Page
from cli.report_episodes import Played
from cli.report_subject import GRID, Subject

UNKNOWN = "–"
_HEADS = ("", "episodes", "success", "95% Wilson interval", "mean return", "seeds")


def add_evaluations(page: Page, subject: Subject, played: Played) -> None:
    """Add a row for each evaluation that is known: just played, on file, and in the checkpoint."""
    filed, kept = subject.evaluation, subject.saved.about.get("evaluation") or {}
    known = {
        "played for this report": played.evaluation.to_json(),
        "evaluation.json": filed,
        "in the checkpoint": {} if kept == filed else kept,
    }
    rows = [_row(name, figures) for name, figures in known.items() if figures]
    page.table("Evaluation", "Held-out episodes, on seeds that training never draws.", rows, _HEADS)


def add_grid(page: Page, subject: Subject) -> None:
    """Add success in each cell of the held-out grid, if it was evaluated."""
    cells = subject.grid
    if not cells and subject.env_id.startswith(OURS):
        page.note(
            "Held-out grid",
            f"Left out: there is no {GRID} beside the policy; twinarm evaluate {subject.name}"
            " --grid makes it.",
        )
    if not cells:
        return
    rates = [cell["success_rate"] for cell in cells if _is_number(cell.get("success_rate"))]
    mean = f"mean {sum(rates) / len(rates):.1%}, least {min(rates):.1%}" if rates else "no rates"
    page.table(
        "Held-out grid",
        f"Fixed conditions at the edges of what training draws and beyond: {len(cells)} cells,"
        f" {mean}.",
        [
            (
                str(cell.get("name", UNKNOWN)),
                str(cell.get("parameter", UNKNOWN)),
                str(cell.get("episodes", UNKNOWN)),
                _percent(cell.get("success_rate")),
                _interval(cell.get("ci95")),
            )
            for cell in cells
        ],
        ("cell", "parameter", "episodes", "success", "95% Wilson interval"),
    )


def _row(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    mean, deviation = figures.get("mean_return"), figures.get("std_return")
    known = _is_number(mean) and _is_number(deviation)
    step = f", step {figures['step']:,}" if _is_number(figures.get("step")) else ""
    return (
        name + step,
        str(figures.get("episodes", UNKNOWN)),
        _percent(figures.get("success_rate")),
        _interval(figures.get("ci95")),
        f"{mean:.2f} ± {deviation:.2f}" if known else UNKNOWN,
        " – ".join(map(str, figures.get("seeds") or (UNKNOWN,))),
    )


def _percent(value: Any) -> str:
    return f"{value:.1%}" if _is_number(value) else UNKNOWN


def _interval(value: Any) -> str:
    ok = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))
    return f"{value[0]:.1%} to {value[1]:.1%}" if ok else UNKNOWN


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
