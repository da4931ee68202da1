"""A person's arm over time, without the jitter of its landmarks."""

import numpy as np

from perception.body_angles import CIRCULAR, BodyAngles
from perception.one_euro import OneEuro, Smoothness
from perception.person import Points

_NOISE = np.array([*np.radians([1.5, 1.5, 2.0, 4.0, 5.0]), 0.1, 0.01, 0.01, 0.01])
"""Standard deviations at first, of landmarks good to 5 mm."""

_FORESIGHT = 0.1  # [s] a movement goes on unseen


class SmoothBody:
    """Keeps what of an arm was seen last and well, and filters it."""

    def __init__(self, least_confidence: float, smoothness: Smoothness | None = None) -> None:
        """Leave out what is seen with less than ``least_confidence``, 0 to 1."""
        self._least = least_confidence
        self._filter = OneEuro(CIRCULAR, _NOISE, smoothness)
        self._values, self._stamp = np.full(len(CIRCULAR), np.nan), 0.0

    def step(self, body: BodyAngles, stamp: float) -> Points:
        """Take in what a picture of ``stamp`` [s] shows and return its values, filtered [9].

        What was never seen is NaN. An angle that a pose leaves open, or that is out of sight,
        stays as it was.
        """
        self._stamp = stamp
        self._values = self._filter.step(body.certain(self._least), stamp)
        return self._values

    def at(self, now: float) -> Points:
        """Return the values [9] as they will be by ``now`` [s], as they go on."""
        ahead = min(max(0.0, now - self._stamp), _FORESIGHT)
        values: Points = self._values + self._filter.trend * ahead
        return values
