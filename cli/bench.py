"""Measure speed; peers run in the same minutes, on the same threads, where installed."""

import importlib
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import tyro

from robot.errors import RobotError, UnknownNameError

EXAMPLES = """
  twinarm bench sac-update
  twinarm bench conv
  twinarm bench env-rate --json
  twinarm bench time-to-success --plot curves.svg   trains three seeds: takes some minutes
  twinarm bench time-to-success-depth --seeds 0 --no-peers
  twinarm bench bridge
  twinarm bench stop                                100 emergencies, kills and cuts: ten minutes
  twinarm bench soak --seconds 3600                 an hour on a bus that garbles 1 % of answers
  twinarm bench identification                      three hidden arms: three minutes
  twinarm bench perception                          500 rendered pictures: a minute
  twinarm bench cell                                300 grasps in ten unseen cells: an hour
  twinarm bench cell --policy dofbot-depth --cells 2
  twinarm bench retargeting                         10,000 streams of landmarks: ten minutes
  twinarm bench teleop                              from picture to command: two minutes
  twinarm bench panda-gym                           hindsight on PandaReach-v3: three minutes
  twinarm bench panda-gym --env PandaPickAndPlace-v3 --minutes 60
"""

BENCHMARKS = (
    "sac-update",
    "sac-update-depth",
    "conv",
    "env-rate",
    "env-rate-depth",
    "env-rate-clutter",
    "time-to-success",
    "time-to-success-depth",
    "bridge",
    "stop",
    "soak",
    "fuzz",
    "identification",
    "perception",
    "cell",
    "retargeting",
    "teleop",
    "panda-gym",
)

RACES = ("time-to-success", "time-to-success-depth")
SEEDED = (*RACES, "panda-gym")
PANDA = ("panda-gym",)
TIMED = ("soak", "bridge", "teleop")
CELLS = ("cell",)


@dataclass(frozen=True)
class Options:
    """Which benchmark."""

    name: tyro.conf.Positional[str]
    """sac-update, sac-update-depth, conv, env-rate, env-rate-depth, env-rate-clutter,
    time-to-success, time-to-success-depth, bridge, stop, soak, fuzz, identification, perception,
    cell, retargeting, teleop or panda-gym."""
    json: bool = False
    """Print one JSON object and nothing else."""
    plot: Path | None = None
    """Draw the learning curves of time-to-success or time-to-success-depth to this .svg."""
    peers: bool = True
    """Also train the peer of time-to-success, time-to-success-depth or panda-gym."""
    seeds: tuple[int, ...] | None = None
    """Train these seeds alone, for the same two or panda-gym."""
    patience: float | None = None
    """Cut their peer off at this many times our median."""
    seconds: float | None = None
    """How long soak or bridge shall run, or each round of teleop [s]."""
    policy: str | None = None
    """Who grasps in cell: dofbot-state by markers if not given, or such as dofbot-depth."""
    cells: int | None = None
    """In how many cells, 10 if not given."""
    episodes: int | None = None
    """How often in each, 30 if not given."""
    env: str | None = None
    """The task of panda-gym: PandaReach-v3, or PandaPickAndPlace-v3."""
    minutes: float | None = None
    """How long both sides of panda-gym may train, for each seed [min]."""


def run(options: Options) -> int:
    """Run the benchmark and print its figures."""
    figures = _benchmark(options.name).run(**_arguments(options))
    if options.plot is not None:
        _draw(options.plot, figures)
    if options.json:
        print(json.dumps({"name": options.name, "figures": figures}))
        return 0
    plain = {name: value for name, value in figures.items() if not isinstance(value, dict)}
    width = max(map(len, plain))
    for name, value in plain.items():
        print(f"{name:<{width}}  {f'{value:.4g}' if isinstance(value, float) else value}")
    return 0


def _arguments(options: Options) -> dict[str, Any]:
    """Return what was asked for. Raises RobotError if it is asked of another benchmark."""
    asked: dict[str, tuple[Any, tuple[str, ...]]] = {
        "seeds": (options.seeds or None, SEEDED),
        "patience": (options.patience, RACES),
        "peers": (None if options.peers else False, SEEDED),
        "seconds": (options.seconds, TIMED),
        "policy": (options.policy, CELLS),
        "cells": (options.cells, CELLS),
        "episodes": (options.episodes, CELLS),
        "env": (options.env, PANDA),
        "minutes": (options.minutes, PANDA),
    }
    for name in ("seconds", "minutes"):
        value = getattr(options, name)
        if value is not None and not value > 0.0:
            raise RobotError(f"--{name} {value}: must be above 0")
    for name in ("cells", "episodes"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise RobotError(f"--{name} {getattr(options, name)}: at least 1")
    arguments = {name: value for name, (value, _) in asked.items() if value is not None}
    for name in arguments:
        takers = asked[name][1]
        if options.name not in takers:
            raise RobotError(f"--{name}: only {_listed(takers)} take it")
    return arguments


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if names[1:] else names[0]


def _draw(path: Path, figures: dict[str, Any]) -> None:
    from cli.plots import race_curves

    if "curves" not in figures:
        raise RobotError(f"--plot: only {_listed(SEEDED)} have curves to draw")
    try:
        path.write_text(race_curves(figures["curves"]))
    except OSError as error:
        raise RobotError(f"{path}: the plot cannot be written: {error}") from error


def _benchmark(name: str) -> ModuleType:
    if name not in BENCHMARKS:
        raise UnknownNameError("benchmark", name, BENCHMARKS)
    return importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
