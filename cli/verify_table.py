"""The errors of a verification as a table in the terminal."""

from typing import Any

from rich.table import Table

from cli.verify_files import point_rows
from robot.verification import PointError

GOOD, FAIR = 2.0, 5.0  # [mm] up to which an error is green, or at least not red
UNKNOWN = "–"


def error_table(points: list[PointError], figures: dict[str, Any]) -> Table:
    """Return a row a point and the summary below; the twin's column only if there is one."""
    has_twin = any(point.twin is not None for point in points)
    heads = ["point", "wanted x, y, z", "dx", "dy", "dz", "error", "play"]
    heads += ["from twin"] if has_twin else []
    table = Table(box=None, title="tool, seen less wanted [mm]", title_justify="left")
    for head in heads:
        table.add_column(head, justify="right")
    for row in point_rows(points):
        wanted = ", ".join(f"{row[f'wanted_{axis}_mm']:.0f}" for axis in "xyz")
        signed = [_plain(row[f"d{axis}_mm"], "+.1f") for axis in "xyz"]
        cells = [str(row["point"]), wanted, *signed, _coloured(row["error_mm"])]
        cells.append(_plain(row["play_mm"], ".1f"))
        table.add_row(*cells, *([_coloured(row["twin_mm"])] if has_twin else []))
    table.add_section()
    for name, words in (("mean", "mean"), ("rms", "root mean square"), ("max", "greatest")):
        play = _plain(figures["play_mm"], ".1f") if name == "mean" else ""
        cells = ["", words, "", "", "", _coloured(figures[f"{name}_mm"]), play]
        table.add_row(*cells, *([_coloured(figures[f"twin_{name}_mm"])] if has_twin else []))
    return table


def _plain(value: Any, form: str) -> str:
    return UNKNOWN if value is None else format(value, form)


def _coloured(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    colour = "green" if value <= GOOD else "yellow" if value <= FAIR else "red"
    return f"[{colour}]{value:.1f}[/]"
