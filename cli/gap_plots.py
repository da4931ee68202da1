"""The plots of a gap, as SVG text: the spawn area, arms apart over time, where blocks are seen."""

from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cli.gap_figures import Array, Gap, block_errors, divergences
from cli.gap_notes import Attempt, Side
from cli.plots import BLUE, COLOURS, GREY, INK, ORANGE, styled, svg

GREEN = "#2f8f5b"
_EDGE = 12.0  # [mm] that is shown around the spawn area


def spawn_map(gap: Gap, places: dict[int, tuple[float, float]]) -> str:
    """Return the spawn area from above, a panel a side: where blocks lay, and what became of them.

    places: of the blocks, by episode [m, base frame].
    """
    with styled():
        figure = Figure(figsize=(8.2, 3.3), layout="constrained")
        panels = figure.subplots(1, 2)
    for axes, side, title in zip(
        panels, (gap.simulation, gap.table), ("simulation", "table"), strict=True
    ):
        _draw_area(axes, gap)
        _draw_outcomes(axes, side, places)
        axes.set_title(title, fontsize=9)
    panels[0].set_ylabel("x, away from the base [mm]")
    handles, labels = _legend_of(panels)
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return svg(figure)


def apart_over_time(gap: Gap, period: float) -> str:
    """Return how far arm and twin were apart during the grasps, over their time.

    Tools, a line an episode and their median; joints, medians over the episodes. period [s].
    """
    parted = list(divergences(gap.table.done).values())
    with styled():
        figure = Figure(figsize=(8.2, 4.6), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
    tools = [1e3 * tool for _, tool in parted]
    for tool in tools:
        above.plot(period * np.arange(len(tool)), tool, color=GREY, linewidth=0.7, alpha=0.7)
    middle = _medians(tools)
    above.plot(period * np.arange(len(middle)), middle, color=BLUE, linewidth=1.8, label="median")
    above.set_ylabel("tools apart [mm]")
    above.set_ylim(bottom=0)
    above.legend(frameon=False, loc="upper right")
    for i, colour in zip(range(gap.model.n), cycle(COLOURS), strict=False):
        joint = _medians([np.degrees(joints[:, i]) for joints, _ in parted])
        times = period * np.arange(len(joint))
        below.plot(times, joint, color=colour, linewidth=1.3, label=f"joint {i + 1}")
    below.set_ylabel("arm less twin [deg]")
    below.set_xlabel("time since the policy took over [s]")
    lines, labels = below.get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=gap.model.n, frameon=False)
    return svg(figure)


def error_plot(gap: Gap) -> str:
    """Return where the camera had the blocks, less where they were: from above, and in height."""
    errors = 1e3 * np.array(block_errors(gap))
    with styled():
        figure = Figure(figsize=(8.2, 3.0), layout="constrained")
        above, height = figure.subplots(1, 2)
    _cross(above)
    above.plot(errors[:, 1], errors[:, 0], "o", color=BLUE, markersize=4, label="an episode each")
    above.plot(*errors[:, 1::-1].mean(axis=0), "x", color=ORANGE, markersize=8, label="mean")
    most = 1.15 * max(1.0, float(np.abs(errors[:, :2]).max()))
    above.set(xlim=(most, -most), ylim=(-most, most), aspect="equal")
    above.set_xlabel("y, to the left [mm]")
    above.set_ylabel("x, away from the base [mm]")
    above.legend(frameon=False)
    height.axhline(0.0, color=INK, linewidth=0.8)
    height.plot(np.arange(1, len(errors) + 1), errors[:, 2], "o", color=BLUE, markersize=4)
    height.axhline(float(errors[:, 2].mean()), color=ORANGE, linewidth=1.0, linestyle="--")
    height.set_xlabel("grasps, in order")
    height.set_ylabel("too high [mm]")
    height.xaxis.get_major_locator().set_params(integer=True)
    return svg(figure)


def _draw_area(axes: Axes, gap: Gap) -> None:
    """Draw the spawn area as one sees it from behind the arm: y to the left, x upwards."""
    (x, y), (deep, wide) = gap.model.grasp.area_centre, gap.model.grasp.area_size
    axes.set_axisbelow(True)
    corner = 1e3 * (y - wide / 2), 1e3 * (x - deep / 2)
    axes.add_patch(Rectangle(corner, 1e3 * wide, 1e3 * deep, fill=False, edgecolor=GREY))
    axes.set(
        xlim=(corner[0] + 1e3 * wide + _EDGE, corner[0] - _EDGE),
        ylim=(corner[1] - _EDGE, corner[1] + 1e3 * deep + _EDGE),
        aspect="equal",
    )
    axes.set_xlabel("y, to the left [mm]")


def _draw_outcomes(axes: Axes, side: Side, places: dict[int, tuple[float, float]]) -> None:
    looks = {True: ("o", GREEN, "grasped"), False: ("X", ORANGE, "not grasped"),
             None: ("s", GREY, "nobody could tell")}  # fmt: skip
    for success, (marker, colour, words) in looks.items():
        numbers = [
            attempt.episode for attempt in side.ended
            if _success(attempt) is success and attempt.episode in places
        ]  # fmt: skip
        if not numbers:
            continue
        points = 1e3 * np.array([places[number] for number in numbers])
        axes.scatter(points[:, 1], points[:, 0], marker=marker, color=colour, s=42, label=words)
        for number, (x, y) in zip(numbers, points, strict=True):
            axes.annotate(str(number + 1), (y, x), (5, 4), textcoords="offset points", fontsize=7)


def _legend_of(panels: Sequence[Axes]) -> tuple[list[Artist], list[str]]:
    found: dict[str, Artist] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def _success(attempt: Attempt) -> bool | None:
    assert attempt.outcome is not None
    return attempt.outcome.success


def _medians(series: Sequence[Array]) -> Array:
    """Return the median over ``series`` at each of their steps, of those that last so long."""
    whole = np.full((len(series), max(map(len, series))), np.nan)
    for row, values in zip(whole, series, strict=True):
        row[: len(values)] = values
    return np.asarray(np.nanmedian(whole, axis=0))


def _cross(axes: Axes) -> None:
    axes.axhline(0.0, color=INK, linewidth=0.8)
    axes.axvline(0.0, color=INK, linewidth=0.8)
