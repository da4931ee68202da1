"""How a teleoperation went, for people and as JSON."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from cli.teleop_run import TeleopRun


def holds(going: TeleopRun) -> str:
    """Return what the arms do once it is over."""
    return "the arm holds where it is" if len(going.leads) == 1 else "both arms hold where they are"


def print_report(going: TeleopRun, as_json: bool) -> None:
    """Print how it went."""
    if as_json:
        print(json.dumps(_figures(going)))
        return
    if going.ended:
        print(f"{going.ended}; {holds(going)}")
    if shares := _shares(going):
        print(", ".join(f"{kind} {share:.0%}" for kind, share in shares.items()))
        print(f"control loop: {going.loop.report()}")
    if latency := _latency(going):
        print(f"from picture to command: {latency[0]:.0f} ms (p99 {latency[1]:.0f})")
    for lead in going.leads:
        if lead.cell.mirror is not None:
            whose = f"{lead.side} arm: " if lead.side else ""
            print(f"{whose}divergence of arm and twin: {lead.cell.mirror.summary()}")


def _figures(going: TeleopRun) -> dict[str, Any]:
    parted = {
        lead.side: asdict(lead.cell.mirror.summary())
        for lead in going.leads
        if lead.cell.mirror is not None
    }
    return {
        "ended": going.ended,
        "shares": _shares(going),
        "latency_ms": _latency(going),
        "loop": asdict(going.loop.report()),
        "divergence": (parted.get("") or parted) or None,
    }


def _shares(going: TeleopRun) -> dict[str, float]:
    return {kind: count / going.periods.total() for kind, count in going.periods.items()}


def _latency(going: TeleopRun) -> list[float] | None:
    """Return median and 99th percentile [ms]; None where nothing was followed."""
    if not going.latencies:
        return None
    p50, p99 = 1e3 * np.percentile(going.latencies, (50, 99))
    return [float(p50), float(p99)]
