"""The report's plots, as SVG text."""

import csv
import io
import itertools
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from cli.deployment import Moment

INK, BLUE, ORANGE, GREY = "#22313f", "#1f6fb2", "#d9731a", "#9aa5b1"
COLOURS = (BLUE, ORANGE, "#2f8f5b", "#8d5aa8", GREY)
Column = list[float]

ACROSS = 3  # panels in a row
FEW = 3  # values that are marked one by one
TERMS = "reward/"
FIGURES = {
    "critic_loss": "critic loss",
    "actor_loss": "actor loss",
    "auxiliary_loss": "auxiliary loss",
    "value": "mean value Q",
    "entropy": "entropy [nat]",
    "alpha": "temperature",
    "cloning_loss": "loss of cloning",
    "validation_error": "squared error, held out",
}


def read_progress(path: Path) -> dict[str, Column]:
    """Return the columns of a ``progress.csv``; what is missing in a row is NaN."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0]) if rows else []
    return {name: [float(row[name] or "nan") for row in rows] for name in names}


def learning_curve(progress: dict[str, Column]) -> str:
    """Return success over steps: in training, and on held-out episodes.

    Where there was a curriculum, its level is a step line below.
    """
    steps = np.array(progress["step"])
    figure, axes = _figure("steps", "success rate")
    _line(axes, steps, progress.get("success_rate"), "while training (last 100 episodes)", GREY)
    _line(axes, steps, progress.get("evaluation/success_rate"), "held-out episodes", BLUE, "o-")
    axes.set_ylim(-0.03, 1.05)
    axes.axhline(0.95, color=ORANGE, linewidth=0.8, linestyle="--")
    axes.legend(frameon=False, loc="lower right")
    if "curriculum_level" in progress:
        _strip_of_levels(figure, axes, steps, progress["curriculum_level"])
    return svg(figure)


def learner_figures(progress: dict[str, Column]) -> str:
    """Return what else was logged over steps: one small panel a figure.

    With the return of training goes that of the held-out episodes.
    """
    terms = [name for name in progress if name.startswith(TERMS)]
    titles = {"return": "return", **{name: _term(name) for name in terms}, **FIGURES}
    known = [name for name in titles if np.isfinite(progress.get(name, [])).any()]
    rows = max(1, -(-len(known) // ACROSS))
    with styled():
        figure = Figure(figsize=(8.2, 0.3 + 1.7 * rows), layout="constrained")
        panels = list(figure.subplots(rows, ACROSS, squeeze=False, sharex=True).flat)
    steps = np.array(progress["step"])
    for axes, name in zip(panels, known, strict=False):
        sparse = np.isfinite(progress[name]).sum() < FEW
        _line(axes, steps, progress[name], None, BLUE, "o-" if sparse else "-")
        axes.set_title(titles[name], fontsize=9)
    if "return" in known:
        panels[0].lines[0].set_color(GREY)
        _line(panels[0], steps, progress.get("evaluation/return"), None, BLUE, "o-")
    for axes in panels[len(known) :]:
        axes.remove()
    for axes in panels[max(0, len(known) - ACROSS) : len(known)]:
        axes.tick_params(labelbottom=True)
    figure.supxlabel("steps", fontsize=9)
    return svg(figure)


def divergence_over_time(moments: list[Moment]) -> str:
    """Return the tool distance between the two arms over time [mm], grasps shaded."""
    figure, axes = _figure("time [s]", "tool distance [mm]")
    start = moments[0].arm.stamp
    times = np.array([moment.arm.stamp - start for moment in moments])
    tool = np.array([moment.divergence.tool if moment.divergence else np.nan for moment in moments])
    axes.plot(times, tool * 1e3, color=BLUE, linewidth=1.1)
    grasping = np.array([moment.tick.phase != "start" for moment in moments])
    axes.fill_between(
        times, 0, 1, where=grasping.tolist(), transform=axes.get_xaxis_transform(),
        color=GREY, alpha=0.15, linewidth=0, label="grasp",
    )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, loc="upper right")
    return svg(figure)


def race_curves(curves: dict[str, list[tuple[float, int, float]]]) -> str:
    """Return held-out success over seconds of training, one line a run, ours blue."""
    figure, axes = _figure("seconds of training", "success on 100 held-out episodes")
    for name, points in curves.items():
        seconds, _, rates = zip((0.0, 0, 0.0), *points, strict=True)
        ours = name.startswith("twinarm")
        axes.plot(seconds, rates, color=BLUE if ours else ORANGE, linewidth=1.3, alpha=0.8)
    axes.plot([], [], color=BLUE, label="twinarm")
    axes.plot([], [], color=ORANGE, label="stable-baselines3")
    axes.axhline(0.95, color=GREY, linewidth=0.8, linestyle="--")
    axes.set_ylim(-0.03, 1.05)
    axes.legend(frameon=False, loc="lower right")
    return svg(figure)


def compared_curves(groups: dict[str, list[tuple[Column, Column]]], label: str) -> str:
    """Return held-out success over what ``label`` says, one line a run, one colour a group."""
    figure, axes = _figure(label, "success on held-out episodes")
    for (name, curves), colour in zip(groups.items(), itertools.cycle(COLOURS), strict=False):
        for i, (along, rates) in enumerate(curves):
            once = name if i == 0 else None
            axes.plot(along, rates, "o-", color=colour, label=once, alpha=0.8, markersize=3)
    axes.axhline(0.95, color=GREY, linewidth=0.8, linestyle="--")
    axes.set_ylim(-0.03, 1.05)
    axes.legend(frameon=False, loc="lower right")
    return svg(figure)


_STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e8ec",
    "svg.fonttype": "none",
}

_METADATA = ("Creator", "Date", "Format", "Type")


def styled() -> AbstractContextManager[None]:
    """Return a context in which figures are made in the style of the reports."""
    context: Any = mpl.rc_context
    styled: AbstractContextManager[None] = context(_STYLE)
    return styled


def _figure(x: str, y: str) -> tuple[Figure, Axes]:
    with styled():
        figure = Figure(figsize=(8.2, 3.0), layout="constrained")
        axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _term(name: str) -> str:
    return f"return term: {name.removeprefix(TERMS)}"


def _strip_of_levels(
    figure: Figure, axes: Axes, steps: NDArray[np.float64], levels: Column
) -> None:
    """Add the curriculum's level as a step line under ``axes``, with the same steps."""
    figure.set_figheight(3.8)
    grid = GridSpec(2, 1, figure, height_ratios=(4, 1))
    axes.set_subplotspec(grid[0])
    with styled():
        strip = figure.add_subplot(grid[1], sharex=axes)
    strip.step(steps, levels, where="post", color=BLUE, linewidth=1.4)
    strip.set_ylim(-0.3, np.nanmax(levels) + 0.3)
    strip.yaxis.set_major_locator(MaxNLocator(integer=True))
    strip.set_ylabel("level")
    strip.set_xlabel(axes.get_xlabel())
    axes.set_xlabel("")
    axes.tick_params(labelbottom=False)


def _line(
    axes: Axes,
    x: NDArray[np.float64],
    values: Column | None,
    label: str | None,
    colour: str,
    style: str = "-",
) -> None:
    if values is None:
        return
    y = np.array(values)
    known = np.isfinite(y)
    axes.plot(x[known], y[known], style, color=colour, label=label, linewidth=1.4, markersize=4)


def svg(figure: Figure) -> str:
    """Return ``figure`` as SVG text to put into a page."""
    text = io.StringIO()
    # Without what names where the format is described: a page that links nowhere.
    figure.savefig(text, format="svg", metadata=dict.fromkeys(_METADATA))
    return text.getvalue().partition("<!DOCTYPE")[2].partition(">")[2]
