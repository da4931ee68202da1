"""The errors of a verification as a picture: the grid on the table, and where the tool came to."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from cli.plots import GREY, INK
from robot.errors import RobotError
from robot.model import ArmModel
from robot.verification import PointError, distances

COLOURS = "viridis_r"
TIP = 0.75  # of the distance between two points that the longest arrow takes
SCALES = (1, 2, 5, 10, 20, 50, 100, 200, 500)

Array = NDArray[np.float64]


def error_picture(points: list[PointError], model: ArmModel, title: str) -> Figure:
    """Return two views from above: errors in the plane as scaled arrows, and in height."""
    wanted = np.array([point.wanted for point in points]) * 1e3
    errors = np.array([point.error for point in points]) * 1e3
    with rc_context({"font.size": 9}):
        figure = Figure(figsize=(10.4, _height(wanted)), layout="constrained")
        plane, height = figure.subplots(1, 2, sharex=True, sharey=True)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, color=INK)
    _arrows(figure, plane, wanted, errors)
    _heights(figure, height, wanted, errors[:, 2])
    for axes in (plane, height):
        _dress(axes, model, wanted)
    plane.set_ylabel("x, ahead [mm]")
    return figure


def write_picture(path: Path, figure: Figure) -> None:
    """Write ``figure`` to ``path``, as its ending says. Raises RobotError."""
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise RobotError(f"{path}: cannot be written: {error}") from error


def _height(wanted: Array) -> float:
    """Return how tall the figure is, so that both views fill it [in]."""
    depth, width, _ = np.ptp(wanted, axis=0) + 2.0 * _space(wanted)
    return float(np.clip(3.6 * depth / width + 1.5, 3.0, 9.0))


def _arrows(figure: Figure, axes: Axes, wanted: Array, errors: Array) -> None:
    """Draw arrows from wanted to seen, coloured by the distance in all known axes."""
    flat = np.nan_to_num(errors[:, :2])
    scale = _scale(wanted, flat)
    lengths = distances(errors)
    top = max(1.0, float(np.nanmax(np.append(lengths, 0.0))))
    drawn = axes.quiver(
        wanted[:, 1], wanted[:, 0], scale * flat[:, 1], scale * flat[:, 0], lengths,
        cmap=COLOURS, norm=Normalize(0.0, top), angles="xy", scale_units="xy", scale=1.0,
        width=0.005, headwidth=3.5, headlength=4.0, headaxislength=3.5, minlength=0.5, zorder=3,
    )  # fmt: skip
    _ring(axes, wanted)
    for place, length in zip(wanted, lengths, strict=True):
        _label(axes, place, "?" if np.isnan(length) else f"{length:.1f}")
    axes.set_title(f"in the plane, arrows {scale} times as long", fontsize=9, loc="left")
    figure.colorbar(drawn, ax=axes, label="distance [mm]", shrink=0.9)


def _heights(figure: Figure, axes: Axes, wanted: Array, rise: Array) -> None:
    most = max(1.0, float(np.nanmax(np.append(np.abs(rise), 0.0))))
    known = np.isfinite(rise)
    drawn = axes.scatter(
        wanted[known, 1], wanted[known, 0], c=rise[known], s=110, cmap="RdBu",
        norm=Normalize(-most, most), edgecolors=GREY, linewidths=0.6, zorder=3,
    )  # fmt: skip
    _ring(axes, wanted[~known])
    for place, up in zip(wanted[known], rise[known], strict=True):
        _label(axes, place, f"{up:+.1f}")
    axes.set_title("in height (shaded: where blocks lie)", fontsize=9, loc="left")
    figure.colorbar(drawn, ax=axes, label="too high [mm]", shrink=0.9)


def _label(axes: Axes, place: Array, text: str) -> None:
    """Write ``text`` below a point, readable where an arrow crosses it."""
    drawn = axes.annotate(
        text, (place[1], place[0]), (0, -14), textcoords="offset points", ha="center",
        fontsize=7.5, color=INK, zorder=6,
    )  # fmt: skip
    drawn.set_path_effects([withStroke(linewidth=2.2, foreground="white")])


def _ring(axes: Axes, wanted: Array) -> None:
    axes.plot(
        wanted[:, 1], wanted[:, 0], "o", color=INK, markerfacecolor="white", markersize=4.5,
        markeredgewidth=0.9, zorder=4,
    )  # fmt: skip


def _dress(axes: Axes, model: ArmModel, wanted: Array) -> None:
    """Show the spawn area and the table as seen from behind the arm: y to the left."""
    (x, y), (depth, width) = model.grasp.area_centre, model.grasp.area_size
    corner = (1e3 * (y - width / 2), 1e3 * (x - depth / 2))
    area: Any = Rectangle(corner, 1e3 * width, 1e3 * depth, facecolor="#eef2f6", edgecolor="none")
    axes.add_patch(area)
    low, high = wanted.min(axis=0) - _space(wanted), wanted.max(axis=0) + _space(wanted)
    axes.set_xlim(high[1], low[1])
    axes.set_ylim(low[0], high[0])
    axes.set_aspect("equal")
    axes.set_xlabel("y, to the left [mm]")
    axes.grid(color="#e4e8ec", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _space(wanted: Array) -> float:
    """Return how much of the table to show beside the grid [mm]."""
    return max(20.0, 0.8 * _spacing(wanted))


def _scale(wanted: Array, flat: Array) -> int:
    """Return by how much arrows may be longer and still end short of the next point."""
    longest = float(np.hypot(*flat.T).max())
    most = TIP * _spacing(wanted) / max(longest, 1e-6)
    return max(scale for scale in SCALES if scale <= max(1.0, most))


def _spacing(wanted: Array) -> float:
    """Return the distance between two neighbouring points of the grid [mm]."""
    apart = np.linalg.norm(wanted[:, None, :2] - wanted[None, :, :2], axis=-1)
    apart = apart[apart > 1.0]
    return float(apart.min()) if apart.size else 30.0
