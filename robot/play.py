"""Where each joint is within its play, from which way it turned last."""

import numpy as np

from robot.command import Vector


class Play:
    """The play operator of joints (Krasnosel'skii and Pokrovskii 1989, "Systems with Hysteresis").

    A joint that turns on takes up its play before it moves what hangs on it.
    """

    def __init__(self, joints: int, half: float) -> None:
        """Begin somewhere in the middle of a play of ``half`` [rad] to either side."""
        self._half = half
        self._taken = np.zeros(joints)
        self._last: Vector | None = None

    def side(self, positions: Vector) -> Vector:
        """Return the side at which each joint is, [n] from -1 to 1, 1 where it last turned up.

        positions: that the joints read now, [n] [rad]; call it as they change.
        """
        last, self._last = self._last, positions
        if last is None or self._half == 0.0:
            return np.zeros(len(positions))
        self._taken = np.clip(self._taken + (positions - last), -self._half, self._half)
        side: Vector = self._taken / self._half
        return side
