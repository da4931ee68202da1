"""How far the joints of an arm are from where they were sent."""

from collections import deque

import numpy as np

from robot.command import Vector

TOLERANCE = 0.12
"""A joint further off than this is not just slow or loaded [rad]; facts of one bench: 0.12."""

_WINDOW = 0.4  # [s] a servo may lag by; all that was commanded in it is as good as the newest


class Tracking:
    """For how long each joint has been away from all that was commanded lately."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, Vector]] = deque()

    def begin(self, positions: Vector, now: float) -> None:
        """Forget everything but ``positions`` [n] [rad], commanded ``now`` [s]."""
        self._sent = deque([(now, positions)])
        self._away_since = np.full(positions.size, np.inf)

    def command(self, positions: Vector, now: float) -> None:
        """Note that ``positions`` [n] [rad] were commanded ``now`` [s]."""
        self._sent.append((now, positions))
        while self._sent[1][0] < now - _WINDOW:
            self._sent.popleft()

    def astray(self, measured: Vector, now: float) -> tuple[int, float]:
        """Return the joint that has been away for longest, and for how long [s], 0 if none is.

        A joint is away while its ``measured`` angle [n] [rad] is beyond ``TOLERANCE`` of the
        whole stretch commanded in the window: an arm that merely lags is on it.
        """
        stretch = np.array([positions for _, positions in self._sent])
        error = np.maximum(stretch.min(axis=0) - measured, measured - stretch.max(axis=0))
        away = error > TOLERANCE
        self._away_since = np.where(away, np.minimum(self._away_since, now), np.inf)
        joint = int(self._away_since.argmin())
        return joint, max(0.0, now - float(self._away_since[joint]))
