"""Draw the held-out success of several runs in one plot, and say when each got there."""

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Literal

import tyro
from rich.console import Console
from rich.table import Table

from cli.plots import Column, compared_curves, read_progress
from policies.errors import PolicyError
from policies.runs import find_run

EXAMPLES = """
  twinarm compare depth-0 depth-1 depth-2
  twinarm compare depth-0 depth-curriculum-0 --out curves.svg
  twinarm compare sac-0 sac-demos-0 bc-0 --over seconds
"""

TARGET = 0.95
AXES = {"steps": ("step", "steps"), "seconds": ("seconds", "seconds of training")}
"""Column of progress.csv to draw over, and what it is called."""


@dataclass(frozen=True)
class Options:
    """Which runs."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """Names of runs; those that differ in their last number alone share a colour."""
    over: Literal["steps", "seconds"] = "steps"
    """What to draw over; steps of cloning are updates, and no environment is stepped."""
    out: Path = Path("curves.svg")
    """Where the plot goes, as SVG."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Held-out success of one run ``along`` an axis. group: its name without the last number."""

    name: str
    group: str
    along: Column
    rates: Column

    @property
    def reached(self) -> int | None:
        """Return at which evaluation success first was 95 %; None if never."""
        return next((i for i, rate in enumerate(self.rates) if rate >= TARGET), None)


def run(options: Options) -> int:
    """Plot, and print a row a run."""
    if not options.runs:
        raise PolicyError("name one run or more: twinarm compare RUN [RUN ...]")
    column, label = AXES[options.over]
    curves = [_curve(name, column) for name in options.runs]
    groups: dict[str, list[tuple[Column, Column]]] = {}
    for curve in curves:
        groups.setdefault(curve.group, []).append((curve.along, curve.rates))
    try:
        options.out.write_text(compared_curves(groups, label))
    except OSError as error:
        raise PolicyError(f"--out {options.out}: cannot be written: {error}") from error
    Console(highlight=False).print(_table(curves, column))
    print(f"wrote {options.out}")
    return 0


def _curve(name: str, column: str) -> Curve:
    path = find_run(name).progress
    if not path.is_file():
        raise PolicyError(f"{name}: there is no {path.name} yet; train it for longer")
    progress = read_progress(path)
    rates = progress.get("evaluation/success_rate", [])
    points = [(x, r) for x, r in zip(progress.get(column, []), rates, strict=False) if isfinite(r)]
    if not points:
        raise PolicyError(f"{name}: it was not evaluated yet, or its environment judges nothing")
    return Curve(name, re.sub(r"-?\d+$", "", name), [x for x, _ in points], [r for _, r in points])


def _table(curves: list[Curve], column: str) -> Table:
    table = Table("run", f"first 95 % at {column}", "lowest after", "last")
    for curve in curves:
        first = curve.reached
        when = "never" if first is None else f"{curve.along[first]:,.0f}"
        after = "" if first is None else f"{min(curve.rates[first:]):.0%}"
        table.add_row(curve.name, when, after, f"{curve.rates[-1]:.0%}")
    return table
