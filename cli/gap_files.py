"""What a measured gap leaves: every figure and episode as JSON, every control period as CSV."""

from pathlib import Path
from typing import Any

import numpy as np

from cli.deployment import write_moments
from cli.gap_compare import FILE, FORMAT, VERSION, Earlier, compared
from cli.gap_figures import Figures, Gap, divergences
from cli.gap_notes import Attempt
from policies.runs import write_json

MOMENTS, SIMULATED = "moments.csv", "moments-simulation.csv"


def write_gap(out: Path, gap: Gap, figures: Figures, earlier: Earlier | None) -> dict[str, Any]:
    """Write ``gap.json`` and the moments of both sides to ``out``; return what is in the first.

    Raises PolicyError or RobotError.
    """
    write_moments(out / MOMENTS, gap.table.done, gap.model.n)
    write_moments(out / SIMULATED, gap.simulation.done, gap.model.n)
    whole = gap_json(gap, figures, earlier)
    write_json(out / FILE, whole)
    return whole


def gap_json(gap: Gap, figures: Figures, earlier: Earlier | None) -> dict[str, Any]:
    """Return the gap as plain JSON values, beside what an ``earlier`` report found if any."""
    whole: dict[str, Any] = {"format": FORMAT, "version": VERSION, "about": gap.about}
    whole["figures"] = {name: figure.to_json() for name, figure in figures.items()}
    whole["episodes"] = _episodes(gap)
    if earlier is not None:
        changes = compared(figures, earlier.figures)
        whole["against"] = {
            "file": str(earlier.path),
            "about": dict(earlier.about),
            "changes": {name: change.to_json() for name, change in changes.items()},
        }
    return whole


def _episodes(gap: Gap) -> list[dict[str, Any]]:
    sides = {"table": gap.table, "simulation": gap.simulation}
    by_side = {name: {each.episode: each for each in side.ended} for name, side in sides.items()}
    apart = divergences(gap.table.done)
    found = []
    for episode in sorted(set().union(*by_side.values())):
        entry: dict[str, Any] = {"episode": episode}
        for name, attempts in by_side.items():
            entry[name] = _attempt(attempts[episode]) if episode in attempts else None
        if episode in apart:
            _, tool = apart[episode]
            entry["tool_apart_rms_mm"] = _rounded(1e3 * float(np.sqrt(np.mean(tool**2))))
        found.append(entry)
    return found


def _attempt(attempt: Attempt) -> dict[str, Any]:
    assert attempt.outcome is not None
    found: dict[str, Any] = {"success": attempt.outcome.success, "why": attempt.outcome.why}
    if attempt.truth is not None:
        found["block_mm"] = [_rounded(1e3 * float(value)) for value in attempt.truth.block]
        found["block_yaw_deg"] = _rounded(float(np.degrees(attempt.truth.yaw)))
    if attempt.seen is not None:
        found["seen_mm"] = [_rounded(1e3 * float(value)) for value in attempt.seen.position]
        found["seen_yaw_deg"] = _rounded(float(np.degrees(attempt.seen.yaw)))
        found["seen_std_mm"] = _rounded(1e3 * attempt.seen.std)
    if attempt.miss is not None:
        found["tool_miss_mm"] = _rounded(1e3 * attempt.miss)
    return found


def _rounded(value: float) -> float:
    return round(value, 3)
