"""Keep an arm's targets out of its keep-outs, or from going deeper if it already is inside."""

import numpy as np

from robot.keep_out import KeepOut
from robot.kinematics import Kinematics

ZONES = ("table keep-out", "base keep-out")
_BISECTIONS = 14  # narrow a line of 0.6 rad to 0.04 mrad

Pose = list[float]
Depths = tuple[float, float]


class KeepOutGuard:
    """Cut the straight joint line to a target where it enters a keep-out.

    An arm that starts inside may move, but its targets only ever get shallower. The targets
    are judged and not the measured depth: loaded servos sag below their target, and a limit
    that followed the measurement would let the arm sink a little with every command.
    """

    def __init__(self, zones: KeepOut, kinematics: Kinematics, *, jump: float) -> None:
        """Guard ``zones``. An arm further than ``jump`` [rad] from its last target was moved."""
        self._zones, self._kinematics, self._jump = zones, kinematics, jump
        self._tolerated: Depths = (0.0, 0.0)
        self._last: Pose | None = None

    def clamp(self, target: Pose, here: Pose) -> tuple[Pose, tuple[str, ...]]:
        """Return ``target`` as allowed from ``here`` [n] [rad], and the zones that cut it."""
        depths = self._depths(target)
        entered: tuple[str, ...] = ()
        if depths != (0.0, 0.0):
            start = self._start(here)
            entered = self._entered(depths)
            if entered:
                target = self._last_safe(start, target)
                depths = self._depths(target)
        self._tolerated, self._last = depths, target
        return target, entered

    def _start(self, here: Pose) -> Pose:
        """Return a tolerated pose to search from: where the arm is, else where it was sent."""
        depths = self._depths(here)
        if not self._entered(depths):
            return here
        if self._last is not None and _distance(here, self._last) <= self._jump:
            return self._last
        self._tolerated = depths
        return here

    def _last_safe(self, start: Pose, target: Pose) -> Pose:
        safe, unsafe = 0.0, 1.0
        for _ in range(_BISECTIONS):
            middle = 0.5 * (safe + unsafe)
            if self._entered(self._depths(_between(start, target, middle))):
                unsafe = middle
            else:
                safe = middle
        return _between(start, target, safe)

    def _entered(self, depths: Depths) -> tuple[str, ...]:
        judged = zip(ZONES, depths, self._tolerated, strict=True)
        return tuple(zone for zone, depth, most in judged if depth > most)

    def _depths(self, pose: Pose) -> Depths:
        return self._zones.depths(self._kinematics.points(np.array(pose)))


def _distance(a: Pose, b: Pose) -> float:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def _between(start: Pose, target: Pose, part: float) -> Pose:
    return [a + part * (b - a) for a, b in zip(start, target, strict=True)]
