"""The figures of the gap between simulation and table, by name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.deployment import UNTOLD, Deployment
from cli.gap_names import joint_name
from cli.gap_notes import Attempt, Side, folded
from cli.gap_statistics import (
    Figure,
    mean,
    median,
    over_episodes,
    quantile,
    rate,
    rates_apart,
    rms,
)
from cli.judged_table import Spot
from perception.lens import Lens
from robot.model import ArmModel

Array = NDArray[np.float64]
Figures = dict[str, Figure]

P95 = 0.95


@dataclass(slots=True)
class Gap:
    """The same episodes on both sides.

    spots: where the block of each episode was laid; None where a person decided. asked: a person
    was asked to lay them there, which is nearly where they are. period: of control [s]. trips: from
    sending a command to its answer [s]. lens: of an ordinary camera. about: what was
    measured, and with what, as plain JSON values.
    """

    model: ArmModel
    block_height: float
    period: float
    spots: Sequence[Spot | None]
    simulation: Side = field(default_factory=Side)
    table: Side = field(default_factory=Side)
    asked: bool = False
    trips: list[float] = field(default_factory=list)
    lens: Lens | None = None
    about: dict[str, Any] = field(default_factory=dict)


def gap_figures(gap: Gap) -> Figures:
    """Return all figures that are known, by name; lengths in mm, angles in deg, times in ms."""
    return {
        **_success(gap),
        **_divergence(gap.table.done, gap.model),
        **_perception(gap),
        **_misses(gap),
        **_timing(gap),
    }


def _success(gap: Gap) -> Figures:
    told = {name: _told(side) for name, side in _sides(gap).items()}
    figures = {f"success_{name}": rate(*counts) for name, counts in told.items() if counts[1]}
    if all(trials for _, trials in told.values()):
        figures["success_lost"] = rates_apart(told["simulation"], told["table"])
    return figures


def _sides(gap: Gap) -> dict[str, Side]:
    return {"simulation": gap.simulation, "table": gap.table}


def _told(side: Side) -> tuple[int, int]:
    """Return how many attempts succeeded, of how many that were judged."""
    known = [end.outcome.success for end in side.ended if end.outcome is not None]
    judged = [success for success in known if success is not None]
    return sum(judged), len(judged)


def _divergence(done: Deployment, model: ArmModel) -> Figures:
    parted = list(divergences(done).values())
    if not parted:
        return {}
    joints = [np.degrees(joints) for joints, _ in parted]
    tools = [1e3 * tool for _, tool in parted]
    found: dict[str, Figure | None] = {
        "tool_apart_rms_mm": over_episodes([float(rms(tool)) for tool in tools], rms),
        "tool_apart_max_mm": quantile([float(tool.max()) for tool in tools], 1.0),
        "joints_apart_rms_deg": over_episodes([float(rms(every.ravel())) for every in joints], rms),
        "joints_apart_max_deg": quantile([float(np.abs(every).max()) for every in joints], 1.0),
    }
    for i in range(model.n):
        each = [every[:, i] for every in joints]
        found[joint_name(i + 1, "rms")] = over_episodes([float(rms(a)) for a in each], rms)
        found[joint_name(i + 1, "max")] = quantile([float(np.abs(a).max()) for a in each], 1.0)
    return _known(found)


def divergences(done: Deployment) -> dict[int, tuple[Array, Array]]:
    """Return how far arm and twin were apart in each grasp: joints [k, n] [rad], tool [k] [m]."""
    parted: dict[int, list[tuple[Array, float]]] = {}
    for moment in done.moments:
        if moment.divergence is not None and moment.tick.phase not in UNTOLD:
            apart = moment.divergence
            parted.setdefault(moment.episode, []).append((apart.joints, apart.tool))
    return {
        episode: (np.array([joints for joints, _ in each]), np.array([tool for _, tool in each]))
        for episode, each in parted.items()
    }


def block_errors(gap: Gap) -> list[Array]:
    """Return where a camera had each block less where it truly was [3] [m], as arms set out."""
    return [
        attempt.seen.position - attempt.truth.block
        for attempt in gap.table.ended
        if attempt.seen is not None and attempt.truth is not None
    ]


def _perception(gap: Gap) -> Figures:
    ended, errors = gap.table.ended, [1e3 * error for error in block_errors(gap)]
    lengths = [float(np.linalg.norm(error)) for error in errors]
    seen = [attempt.seen for attempt in ended if attempt.seen is not None]
    found = {
        "block_error_median_mm": over_episodes(lengths, median),
        "block_error_p95_mm": quantile(lengths, P95),
        "heading_error_median_deg": over_episodes(_heading_errors(ended), median),
        "block_std_median_mm": over_episodes([1e3 * each.std for each in seen], median),
        "look_scatter_median_mm": over_episodes([1e3 * each.scatter for each in seen], median),
        "block_height_median_mm": over_episodes(
            [1e3 * float(each.position[2] - gap.block_height) for each in seen], median
        ),
        "laid_apart_median_mm": over_episodes(_from_laid(gap), median),
    }
    for axis, name in enumerate("xyz"):
        found[f"block_bias_{name}_mm"] = over_episodes([float(e[axis]) for e in errors], mean)
    return _known(found)


def _heading_errors(ended: Sequence[Attempt]) -> list[float]:
    return [
        float(np.degrees(abs(folded(attempt.seen.yaw - attempt.truth.yaw))))
        for attempt in ended
        if attempt.seen is not None and attempt.truth is not None
    ]


def _from_laid(gap: Gap) -> list[float]:
    return [
        1e3 * float(np.hypot(*(attempt.seen.position[:2] - spot[:2])))
        for attempt in gap.table.ended
        if gap.asked
        and attempt.seen is not None
        and (spot := gap.spots[attempt.episode]) is not None
    ]


def _misses(gap: Gap) -> Figures:
    found = {}
    for name, side in _sides(gap).items():
        misses = [1e3 * attempt.miss for attempt in side.ended if attempt.miss is not None]
        found[f"tool_miss_{name}_median_mm"] = over_episodes(misses, median)
        found[f"tool_miss_{name}_p95_mm"] = quantile(misses, P95)
    return _known(found)


def _timing(gap: Gap) -> Figures:
    ended, loop = gap.table.ended, gap.table.done.loop
    took = _milliseconds(attempt.took for attempt in ended)
    delays = _milliseconds(attempt.delays for attempt in ended)
    ages = _milliseconds(attempt.ages for attempt in ended)
    found = {
        "locating_median_ms": quantile(took, 0.5),
        "locating_p95_ms": quantile(took, P95),
        "picture_delay_median_ms": quantile(delays, 0.5),
        "picture_delay_p95_ms": quantile(delays, P95),
        "picture_age_median_ms": quantile(ages, 0.5),
        "picture_age_p95_ms": quantile(ages, P95),
        "round_trip_median_ms": quantile(_milliseconds([gap.trips]), 0.5),
        "round_trip_p95_ms": quantile(_milliseconds([gap.trips]), P95),
    }
    if loop is None or not loop.count:
        return _known(found)
    paced = {
        "period_p50_ms": Figure(loop.period_p50, None, loop.count),
        "period_p99_ms": Figure(loop.period_p99, None, loop.count),
        "late_periods": rate(loop.overruns, loop.count),
    }
    return paced | _known(found)


def _milliseconds(groups: Iterable[Iterable[float]]) -> list[float]:
    return [1e3 * seconds for group in groups for seconds in group]


def _known(found: dict[str, Figure | None]) -> Figures:
    return {name: figure for name, figure in found.items() if figure is not None}
