"""The dead-man: whether whoever drives an arm is there, seen well, and still the same."""

from dataclasses import dataclass

from perception.body_angles import HAND, BodyAngles
from perception.continuity import Continuity
from perception.person import Person


@dataclass(frozen=True, slots=True)
class Vigilance:
    """When a person is followed.

    stale: age of a picture beyond which it says nothing of now [s]. confidence: of shoulder, elbow
    and wrist, 0 to 1. settle: how long a person must be seen well before being followed [s].
    """

    stale: float = 0.3
    confidence: float = 0.5
    settle: float = 0.25


class DeadMan:
    """Lets an arm move as long as all is well, and says what is not."""

    def __init__(self, vigilance: Vigilance | None = None) -> None:
        """Begin with nobody."""
        self.vigilance = vigilance or Vigilance()
        self._continuity = Continuity()
        self._since: float | None = None
        self._doubt: str | None = "no person"

    def see(self, person: Person, body: BodyAngles) -> bool:
        """Take in a new picture; return whether what was seen before says nothing of this one."""
        jumped = self._continuity.jumped(person, body.values[HAND])
        anew = jumped or self._since is None
        if not body.arm_confidence >= self.vigilance.confidence:
            self._doubt, self._since = "arm out of sight", None
        elif jumped:
            self._doubt, self._since = "person jumped", person.stamp
        else:
            self._since = person.stamp if self._since is None else self._since
            if person.stamp - self._since >= self.vigilance.settle:
                self._doubt = None
        return anew

    def doubt(self, person: Person | None, now: float) -> str | None:
        """Return at ``now`` [s] why the newest ``person`` is not followed; None if followed."""
        if person is None:
            self._since, self._doubt = None, "no person"
        elif now - person.stamp > self.vigilance.stale:
            self._since, self._doubt = None, "picture too old"
        return self._doubt
