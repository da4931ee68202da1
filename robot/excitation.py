"""A motion of all joints that shows how late and how fast servos follow."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from robot.command import Vector
from robot.errors import UnreachableError
from robot.model import ArmModel
from robot.trajectory import JointTrajectory
from robot.way import clear_way


@dataclass(frozen=True, slots=True)
class ExcitationConfig:
    """Slow waves first, each joint out of step with the others, then fast moves to and fro."""

    waves: int = 3
    """Slow waves."""
    wave_s: float = 4.0
    """Time of one [s]."""
    wave: float = 0.25
    """Their amplitude [rad]; with the time of one, at most 0.4 rad/s."""
    moves: int = 4
    """Fast moves, as fast as the limits of the model allow."""
    reach: float = 0.55
    """How far they go to either side [rad]."""
    pause_s: float = 0.8
    """Rest after each [s], longer than any lag."""


def excitation(
    model: ArmModel, period: float, config: ExcitationConfig | None = None
) -> Iterator[tuple[Vector, bool]]:
    """Yield where to be [n] [rad] each ``period`` [s], about home, and whether this is slow.

    Raises UnreachableError if the motion would lead into a keep-out.
    """
    config = config or ExcitationConfig()
    _check(model, config)
    yield from _waves(model, period, config)
    yield from _moves(model, period, config)


def _waves(
    model: ArmModel, period: float, config: ExcitationConfig
) -> Iterator[tuple[Vector, bool]]:
    """Swell up from home and die away there; play is told from lag by the changing speed."""
    count = round(config.waves * config.wave_s / period)
    phases = np.arange(model.n) / model.n
    for tick in range(count):
        t = (tick + 1) * period
        whole = t / config.wave_s
        swell = min(1.0, whole, config.waves - whole) * (0.5 + 0.5 * whole / config.waves)
        swing = config.wave * swell * np.sin(2.0 * np.pi * (whole + phases))
        yield model.home + swing, True


def _moves(
    model: ArmModel, period: float, config: ExcitationConfig
) -> Iterator[tuple[Vector, bool]]:
    here = model.home
    for number in range(config.moves + 1):
        last = number == config.moves
        sign = 0.0 if last else (-1.0) ** number
        goal = model.home + sign * config.reach
        way = JointTrajectory(here, goal, model)
        for tick in range(round((way.duration + config.pause_s) / period)):
            yield way.sample((tick + 1) * period)[0], False
        here = goal


def _check(model: ArmModel, config: ExcitationConfig) -> None:
    for sign in (1.0, -1.0):
        goal = model.home + sign * config.reach
        inside = (goal >= model.lower).all() and (goal <= model.upper).all()
        if not inside or len(clear_way(model, model.home, goal)) > 1:
            raise UnreachableError(
                f"{model.title}: {config.reach:g} rad to either side of home is not clear"
            )
