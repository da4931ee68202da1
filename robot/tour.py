"""Visits poses one after the other, each from two sides, and has the tool looked at there."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from robot.command import Vector
from robot.pilot import Pilot
from robot.recording import Visit
from robot.tool_fix import ToolFix
from robot.viewpoints import SIDE, Viewpoint

SETTLE = 0.5
"""How long the arm stands still before it is measured [s]."""

_APPROACH = 0.05  # share of the velocity limits over the last bit


class Probe(Protocol):
    """Sees from outside where the tool is; ``source`` says how, ``blind`` that it does not."""

    source: str
    blind: bool

    def look(self, visit: int, measured: Vector, hold: Callable[[], object]) -> ToolFix:
        """Return where the tool is at ``visit``, the joints measuring ``measured`` [n] [rad].

        What takes longer must call ``hold`` over and over, or the arm's watchdog acts. Each
        call takes 0.2 s.
        """


def tour(
    pilot: Pilot, points: Sequence[Viewpoint], probe: Probe, settle: float = SETTLE
) -> Iterator[Visit]:
    """Yield two visits a point: come to from its side, then from the other.

    Each joint turns the last 30 mrad in one direction, which takes up the play of its gears.
    Raises ArmError, UnreachableError, and whatever ``probe`` raises.
    """
    for number, point in enumerate(points):
        for turn, side in enumerate((point.side, -point.side)):
            measured = come_from(pilot, point.pose, side, settle, near=turn > 0)
            seen = probe.look(2 * number + turn, measured, pilot.look)
            yield Visit(number, side, point.pose, measured, seen)


def come_from(
    pilot: Pilot, pose: Vector, side: Vector, settle: float = SETTLE, *, near: bool = False
) -> Vector:
    """Let the arm come to ``pose`` [n] [rad] from ``side`` [n]; return what it measures at rest.

    near: it is there already, only not from that side. Raises ArmError, UnreachableError.
    """
    begin = pose - SIDE * side
    if near:
        pilot.follow(begin, _APPROACH)
    else:
        pilot.go(begin)
    pilot.follow(pose, _APPROACH)
    return pilot.rest(settle)
