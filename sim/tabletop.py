"""The upper face of a table, as a depth camera sees it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Depth = NDArray[np.float32]


class Top(Protocol):
    """Whatever of a table a depth camera sees."""

    def depth(
        self,
        position: tuple[float, ...],
        turn: tuple[float, ...],
        right: Depth,
        down: Depth,
        beyond: float,
    ) -> Depth:
        """Return the distance along the optical axis [m] at each pixel; see ``Tabletop``."""


@dataclass(frozen=True, slots=True)
class Tabletop:
    """A level rectangle from corner ``low`` to ``high``, x and y, at ``height`` [m]."""

    low: tuple[float, float]
    high: tuple[float, float]
    height: float

    def depth(
        self,
        position: tuple[float, ...],
        turn: tuple[float, ...],
        right: Depth,
        down: Depth,
        beyond: float,
    ) -> Depth:
        """Return the distance along the optical axis [m] at each pixel, [h, w] float32.

        position [3] [m] and turn [9], row by row: where the optical frame is. right [w] and down
        [h, 1]: how far a pixel's ray leads aside in one metre of depth. Where the table is not
        seen the answer is ``beyond``.
        """
        a, b, c, d, e, f, g, h, i = turn
        x, y, z = position
        falls = np.minimum(g * right + (h * down + i), -1e-6)
        depth: Depth = ((self.height - z) / falls).astype(np.float32, copy=False)
        across = (a * right + (b * down + c)) * depth
        along = (d * right + (e * down + f)) * depth
        seen = (across > self.low[0] - x) & (across < self.high[0] - x)
        seen &= (along > self.low[1] - y) & (along < self.high[1] - y)
        seen &= depth > 0
        return np.where(seen, depth, np.float32(beyond))


@dataclass(frozen=True, slots=True, eq=False)
class MovedTop:
    """A ``top`` that was moved and turned by ``T`` [4, 4] from where it is said to be."""

    top: Top
    T: NDArray[np.float64]

    def depth(
        self,
        position: tuple[float, ...],
        turn: tuple[float, ...],
        right: Depth,
        down: Depth,
        beyond: float,
    ) -> Depth:
        """Return the distance along the optical axis [m] at each pixel; see ``Tabletop``."""
        back = self.T[:3, :3].T
        there = back @ (np.array(position) - self.T[:3, 3])
        turned = back @ np.reshape(turn, (3, 3))
        return self.top.depth(
            tuple(there.tolist()), tuple(turned.ravel().tolist()), right, down, beyond
        )
