"""What the gripper's servo is told: no faster than it turns, and no further into what it holds."""

from collections.abc import Callable
from math import copysign

from robot.gripper import Gripper

_SHORT = 0.001  # [m] more than a servo's dead band leaves
_PROGRESS = 0.0005  # [m] less than this in the time below is none
_PATIENCE = 0.25  # [s] a slow board takes 0.15 until anything moves; protection unloads after 3
_LONGEST = 0.1  # [s] of motion at most that one command may be for
_YIELDED = 0.7  # of the squeeze: what was held is gone


class Jaws:
    """Follows commanded openings with the crank, and squeezes no more than is good for it.

    Jaws that are kept from closing, or from opening, stall their servo, which burns in seconds.
    So once they stopped short of their target they are sent ``gripper.squeeze`` past the contact
    and no further, until they are sent back or what they press on gives way.
    """

    def __init__(self, gripper: Gripper, clock: Callable[[], float]) -> None:
        """Take speed and squeeze of ``gripper``. Call ``begin`` first."""
        self._gripper, self._clock = gripper, clock

    def begin(self, opening: float) -> None:
        """Hold the jaws ``opening`` apart [m]."""
        self.target = opening
        self._written_at = self._clock()
        self._contact: float | None = None
        self._way = 0.0
        self._progress(opening)

    def measure(self, opening: float) -> None:
        """Take note of the measured ``opening`` [m]."""
        squeeze, ahead = self._gripper.squeeze, self.target - opening
        if self._contact is not None:
            if self._way * (opening - self._contact) > _YIELDED * squeeze:
                self._contact = None
                self._progress(opening)
        elif (
            abs(ahead) < _SHORT
            or ahead * self._way <= 0.0
            or self._way * (opening - self._last) > _PROGRESS
        ):
            self._way = copysign(1.0, ahead)
            self._progress(opening)
        elif self._clock() - self._last_at > _PATIENCE:
            self._contact = opening
            self.target = opening + self._way * min(abs(ahead), squeeze)

    def command(self, opening: float) -> float:
        """Return the opening [m] to go to now on the way to ``opening``; it is the new target."""
        now, gripper = self._clock(), self._gripper
        if self._contact is not None:
            furthest = self._contact + self._way * gripper.squeeze
            if self._way * (furthest - opening) > 0.0:
                self._contact = None
                self._progress(self._last)
            else:
                opening = furthest
        reach = gripper.max_velocity * min(_LONGEST, now - self._written_at)
        here, there = gripper.actuator(self.target), gripper.actuator(opening)
        self.target = gripper.opening(min(here + reach, max(here - reach, there)))
        self._written_at = now
        return self.target

    def hold(self, opening: float) -> float:
        """Return where to hold [m], measured to be ``opening`` apart; a grip is kept."""
        squeeze = self._gripper.squeeze
        self.target = min(opening + squeeze, max(opening - squeeze, self.target))
        return self.target

    def _progress(self, opening: float) -> None:
        self._last, self._last_at = opening, self._clock()
