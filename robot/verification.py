"""How far from where it was wanted the tool came to be, point by point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robot.command import Vector
from robot.kinematics import Kinematics, Matrix
from robot.recording import Visit


@dataclass(frozen=True, slots=True, eq=False)
class PointError:
    """The tool at one point of the grid, come to from one side and then from the other.

    wanted: [3] base frame [m]. errors: [2, 3] seen less wanted [m], NaN where nobody saw it.
    twin: [2, 3] seen less where the simulated twin's tool truly was [m]; None without a twin.
    """

    point: int
    wanted: Vector
    errors: Matrix
    twin: Matrix | None

    @property
    def error(self) -> Vector:
        """Return the error [3] in the middle of both sides [m]."""
        return _mean(self.errors)

    @property
    def play(self) -> float:
        """Return how far apart the tool came to be from the two sides [m]."""
        return float(distances(self.errors[:1] - self.errors[1:])[0])


@dataclass(frozen=True, slots=True)
class Distances:
    """Mean, root mean square and greatest of distances [m]; NaN if there are none."""

    mean: float
    rms: float
    greatest: float

    @classmethod
    def of(cls, errors: Matrix) -> "Distances":
        """Return those of ``errors`` [k, 3], as far as their axes are known."""
        known = distances(errors)
        known = known[np.isfinite(known)]
        if not known.size:
            return cls(np.nan, np.nan, np.nan)
        rms = float(np.sqrt(np.mean(known**2)))
        return cls(float(known.mean()), rms, float(known.max()))


def point_errors(
    kinematics: Kinematics, visits: Sequence[Visit], twin: Sequence[Vector] | None = None
) -> list[PointError]:
    """Return the errors at points that were come to from both sides.

    twin: where the twin's tool truly was [3] at each of ``visits`` [m].
    """
    points = []
    for i in range(0, len(visits) - 1, 2):
        pair = visits[i : i + 2]
        wanted = np.array(kinematics.tool_position(pair[0].commanded))
        seen = np.array([visit.seen.position for visit in pair])
        beside = None if twin is None else seen - np.array(twin[i : i + 2])
        points.append(PointError(pair[0].point, wanted, seen - wanted, beside))
    return points


def distances(errors: Matrix) -> Vector:
    """Return the lengths [k] of ``errors`` [k, 3] along the axes that are known; NaN if none is."""
    known = np.isfinite(errors).any(axis=1)
    lengths: Vector = np.where(known, np.sqrt(np.nansum(errors**2, axis=1)), np.nan)
    return lengths


def _mean(errors: Matrix) -> Vector:
    seen = np.isfinite(errors)
    count = seen.sum(axis=0)
    total = np.where(seen, errors, 0.0).sum(axis=0)
    mean: Vector = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean
