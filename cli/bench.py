"""Measure speed; peers run in the same minutes, on the same threads, where installed."""

import importlib
import json
from dataclasses import dataclass
from types import ModuleType

import tyro

from robot.errors import UnknownNameError

EXAMPLES = """
  twinarm bench sac-update
  twinarm bench env-rate --json
  twinarm bench time-to-success     trains three seeds: takes some minutes
  twinarm bench bridge
"""

BENCHMARKS = ("sac-update", "env-rate", "time-to-success", "bridge")


@dataclass(frozen=True)
class Options:
    """Which benchmark."""

    name: tyro.conf.Positional[str]
    """sac-update, env-rate, time-to-success or bridge."""
    json: bool = False
    """Print one JSON object and nothing else."""


def run(options: Options) -> int:
    """Run the benchmark and print its figures."""
    figures = _benchmark(options.name).run()
    if options.json:
        print(json.dumps({"name": options.name, "figures": figures}))
        return 0
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {f'{value:.4g}' if isinstance(value, float) else value}")
    return 0


def _benchmark(name: str) -> ModuleType:
    if name not in BENCHMARKS:
        raise UnknownNameError("benchmark", name, BENCHMARKS)
    return importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
