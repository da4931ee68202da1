"""The held-out grid as a plot: one row a parameter, so that one sees which one hurts."""

import io

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cli.grid import PLACES, CellResult, GridResult
from cli.plots import BLUE, GREY, INK, ORANGE

LABELS = {
    "below": "a quarter of the range below",
    "low": "low edge",
    "high": "high edge",
    "above": "a quarter of the range above",
}
MARKERS = {"below": "<", "low": "<", "high": ">", "above": ">"}
HOLLOW = {"below", "above"}
SPREAD = 0.17  # rows between two points of one parameter, so that none hides another


def grid_plot(result: GridResult, title: str) -> Figure:
    """Return success with its interval in every cell: the most harmful parameter on top."""
    rows: dict[str, list[CellResult]] = {
        parameter: list(cells.values()) for parameter, cells in result.alone.items()
    }
    for other in result.others:
        rows.setdefault(other.cell.parameter, []).append(other)
    rows = {name.replace("_", " "): cells for name, cells in rows.items()}
    with rc_context({"font.size": 9, "svg.fonttype": "none"}):
        figure = Figure(figsize=(8.2, 1.4 + 0.32 * len(rows)), layout="constrained")
        axes = figure.subplots()
    for row, cells in enumerate(rows.values()):
        for number, cell in enumerate(cells):
            _point(axes, row, _offset(cell, number, len(cells)), cell)
    _dress(axes, list(rows), result, title)
    return figure


def svg(figure: Figure) -> bytes:
    """Return ``figure`` as an SVG file, the same bytes whenever it is made."""
    data = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "grid"}):
        figure.savefig(data, format="svg", metadata={"Date": None})
    return data.getvalue()


def _offset(cell: CellResult, number: int, count: int) -> float:
    if cell.place in PLACES:
        number, count = PLACES.index(cell.place), len(PLACES)
    return SPREAD * (number - (count - 1) / 2)


def _point(axes: Axes, row: int, offset: float, cell: CellResult) -> None:
    figures, place = cell.figures, cell.place
    colour = BLUE if place in PLACES else INK
    axes.plot(figures.ci95, [row + offset] * 2, color=colour, linewidth=0.8, alpha=0.35)
    axes.plot(
        figures.rate,
        row + offset,
        MARKERS.get(place, "o"),
        color=colour,
        markerfacecolor="white" if place in HOLLOW else colour,
        markersize=4.5,
        clip_on=False,
        zorder=3,
    )


def _dress(axes: Axes, names: list[str], result: GridResult, title: str) -> None:
    overall = result.overall.rate
    axes.axvline(overall, color=ORANGE, linewidth=1.0, linestyle="--")
    for place, label in LABELS.items():
        face = "white" if place in HOLLOW else BLUE
        axes.plot([], [], MARKERS[place], color=BLUE, markerfacecolor=face, label=label)
    axes.plot([], [], color=ORANGE, linestyle="--", label=f"overall, {overall:.1%}")
    axes.legend(
        frameon=False, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8,
        borderaxespad=0.2,
    )  # fmt: skip
    axes.set_title(title, fontsize=10, color=INK, loc="left", pad=34)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(-0.01, 1.01)
    axes.set_xlabel("success rate, with its 95% Wilson interval")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e4e8ec")
    for row in range(0, len(names), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#f4f6f8", zorder=0)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
