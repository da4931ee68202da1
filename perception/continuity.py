"""Whether landmarks move as those of one person can."""

import numpy as np

from perception.person import Person, Points
from perception.torso import SHOULDERS

_SHOULDER_STEP, _SHOULDER_SPEED = 0.12, 1.5  # shares of the picture [1], [1/s]
_HAND_STEP, _HAND_SPEED = 0.15, 6.0  # [m], [m/s] against the torso; a throw is faster, no teleop is


class Continuity:
    """Tells a jump from a movement: another person, or landmarks that were mistaken."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._last: tuple[float, Points, Points] | None = None

    def jumped(self, person: Person, hand: Points) -> bool:
        """Return whether ``person`` is not where the last one can have gone.

        hand: [3] from the shoulder in the frame of the torso [m].
        """
        shoulders = person.image[list(SHOULDERS)]
        last, self._last = self._last, (person.stamp, shoulders, hand)
        if last is None:
            return False
        dt = max(0.0, person.stamp - last[0])
        shift = float(np.linalg.norm(shoulders - last[1], axis=1).max())
        reach = float(np.linalg.norm(hand - last[2]))
        # Written so that what is not a number has jumped.
        return not (
            shift <= _SHOULDER_STEP + _SHOULDER_SPEED * dt
            and reach <= _HAND_STEP + _HAND_SPEED * dt
        )
