"""The dead-man: whether whoever drives an arm is there, seen well, and still the same."""

from dataclasses import dataclass
from math import inf

from perception.body_angles import HAND, BodyAngles
from perception.continuity import Continuity
from perception.person import Person


@dataclass(frozen=True, slots=True)
class Vigilance:
    """When a person is followed.

    stale: age of a picture beyond which it says nothing of now [s]. confidence: of shoulder, elbow
    and wrist, 0 to 1. grace: for how long pictures may show no person, or one less sure, at a
    stretch [s]. settle: how long a person must be seen well before being followed [s].
    """

    stale: float = 0.3
    confidence: float = 0.5
    grace: float = 0.1
    settle: float = 0.25


class DeadMan:
    """Lets an arm move as long as all is well, and says what is not."""

    def __init__(self, vigilance: Vigilance | None = None) -> None:
        """Begin with nobody."""
        self.vigilance = vigilance or Vigilance()
        self._continuity = Continuity()
        self._unsure = False
        self._well_at = -inf
        self._since: float | None = None
        self._doubt: str | None = "no person"

    def see(self, person: Person, body: BodyAngles) -> None:
        """Take in a new picture of a ``person`` whose arm does what ``body`` says."""
        self._unsure = not body.arm_confidence >= self.vigilance.confidence
        if self._unsure:
            return
        if self._continuity.jumped(person, body.values[HAND]):
            self._fail("person jumped")
        self._since = person.stamp if self._since is None else self._since
        if person.stamp - self._since >= self.vigilance.settle:
            self._doubt = None

    def doubt(self, person: Person | None, now: float) -> str | None:
        """Return at ``now`` [s] why the newest ``person`` is not followed; None if followed."""
        if person is None or self._unsure:
            if now - self._well_at > self.vigilance.grace:
                self._fail("no person" if person is None else "arm out of sight")
        elif now - person.stamp > self.vigilance.stale:
            self._fail("picture too old")
        else:
            self._well_at = now
        return self._doubt

    def _fail(self, doubt: str) -> None:
        self._since, self._doubt = None, doubt
