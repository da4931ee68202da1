"""Objects of clutter as data: their parts, and where jaws may take them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_SPACING = 0.005  # [m] between points of a footprint, at most


@dataclass(frozen=True, slots=True)
class Part:
    """An upright box or cylinder of an object.

    size: along x, y and z [m]; a cylinder's first two are its diameter. centre: [m], from a point
    of the plane that the object stands on.
    """

    kind: Literal["box", "cylinder"]
    size: tuple[float, float, float]
    centre: tuple[float, float, float]

    @property
    def volume(self) -> float:
        """Return its volume [m³]."""
        x, y, z = self.size
        return x * y * z * (1.0 if self.kind == "box" else np.pi / 4)

    def inertia(self) -> Points:
        """Return its moments of inertia about its own axes for a density of 1, [3] [m⁵]."""
        x, y, z = np.square(self.size) / (12.0 if self.kind == "box" else 16.0)
        if self.kind == "cylinder":
            z *= 16.0 / 12.0
        return self.volume * np.array([y + z, x + z, x + y])

    def footprint(self) -> Points:
        """Return points [n, 2] all over what it covers of the table [m], rim included."""
        sides = [np.linspace(-0.5, 0.5, 2 + int(side / _SPACING)) * side for side in self.size[:2]]
        points = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        if self.kind == "cylinder":
            # Squares to discs, ring by ring, so that the outermost one is the rim.
            ring = np.abs(points).max(axis=1, keepdims=True)
            length = np.hypot(*points.T)[:, None]
            points *= np.divide(ring, length, out=np.ones_like(ring), where=length > 0.0)
        return points + self.centre[:2]


@dataclass(frozen=True, slots=True)
class Grip:
    """One way to take an object: x and y [m], the jaws' heading [rad], the width there [m].

    The jaws close at right angles to ``yaw``, as in ``tool_pose``; half a turn makes no difference.
    """

    x: float
    y: float
    yaw: float
    width: float


@dataclass(frozen=True)
class GraspObject:
    """An object that stands on a table; lengths as in its parts, which do not overlap.

    grips: for every one there is another, or itself, at right angles to it, so that jaws that turn
    by no more than 45° to either side can take the object however it lies.
    """

    number: int
    family: str
    parts: tuple[Part, ...]
    grips: tuple[Grip, ...]

    @cached_property
    def volume(self) -> float:
        """Return its volume [m³]."""
        return sum(part.volume for part in self.parts)

    @cached_property
    def centre(self) -> Points:
        """Return its centre of mass [3] [m], z above what it stands on."""
        centres = np.array([part.centre for part in self.parts])
        volumes = np.array([part.volume for part in self.parts])
        centre: Points = volumes @ centres / self.volume
        return centre

    @cached_property
    def inertia(self) -> Points:
        """Return its moments of inertia about axes through ``centre`` for a density of 1, [3].

        Products of inertia are left out: a body that jaws hold does not spin freely.
        """
        total = np.zeros(3)
        for part in self.parts:
            x, y, z = np.square(np.array(part.centre) - self.centre)
            total += part.inertia() + part.volume * np.array([y + z, x + z, x + y])
        return total

    @cached_property
    def height(self) -> float:
        """Return how high it stands [m]."""
        return max(part.centre[2] + part.size[2] / 2 for part in self.parts)

    @cached_property
    def footprint(self) -> Points:
        """Return points [n, 2] all over what is below it, from its centre of mass [m]."""
        return np.concatenate([part.footprint() for part in self.parts]) - self.centre[:2]

    @cached_property
    def radius(self) -> float:
        """Return how far its footprint reaches from its centre of mass [m]."""
        return float(np.hypot(*self.footprint.T).max())


def placed(points: Points, x: float, y: float, yaw: float) -> Points:
    """Return ``points`` [n, 2] of an object that was turned by ``yaw`` [rad] and put at x, y."""
    c, s = np.cos(yaw), np.sin(yaw)
    turned: Points = points @ np.array([[c, s], [-s, c]])
    turned += (x, y)
    return turned
