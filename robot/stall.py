"""Notices when something stops jaws, however late they do what they are told."""

from collections import deque

PERIODS = 4  # over which speed is measured: servos round what they tell
STEADY = 0.97  # share of the speed they are told that jaws reach which nothing stops


class StallWatch:
    """Watches jaws that are told to close steadily.

    Once they have been as fast as that and then get slower, they have something between them. No
    lag delays that, and none is taken for it.
    """

    def __init__(self, speed: float, share: float) -> None:
        """Watch jaws that are told to close by ``speed`` [m] a control period.

        share: of that speed; slower ones are stopped by something.
        """
        self._told, self._share = PERIODS * speed, share
        self._openings: deque[float] = deque(maxlen=PERIODS + 1)
        self._steady = False

    def reset(self) -> None:
        """Forget what was measured: the jaws are told something else."""
        self._openings.clear()
        self._steady = False

    def stopped(self, opening: float) -> bool:
        """Return whether something stops the jaws, now that they are at ``opening`` [m]."""
        self._openings.append(opening)
        if len(self._openings) <= PERIODS:
            return False
        share = (self._openings[0] - opening) / self._told
        self._steady = self._steady or share >= STEADY
        return self._steady and share < self._share
