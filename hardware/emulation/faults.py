"""What can go wrong between a host and its servos, switched on or drawn at random."""

import random
from collections import Counter
from collections.abc import Collection, Iterable
from enum import Enum


class Fault(Enum):
    """How one reply goes wrong."""

    SILENT = "no reply"
    CHECKSUM = "wrong checksum"
    STALE = "the reply before again"
    HALF = "half a frame"
    ECHO = "the host's own bytes before the reply"
    OTHER_ID = "a reply of another servo"
    ABSURD = "a position of 0 or 65535"


class BusFaults:
    """Switches that may be set while the board is served.

    on: faults of every reply. missing: servos that do not answer. stuck: nothing answers.
    rate: share of replies with a random fault, one of ``kinds``. drawn: how often each was.
    """

    def __init__(
        self, rate: float = 0.0, *, kinds: Iterable[Fault] = tuple(Fault), seed: int = 0
    ) -> None:
        """Begin faultless but for the random ones. Raises ValueError for a rate outside 0 to 1."""
        if not 0.0 <= rate <= 1.0:
            raise ValueError(f"faults: the rate is a share of replies, 0 to 1, got {rate}")
        self.on: set[Fault] = set()
        self.missing: set[int] = set()
        self.stuck = False
        self.rate = rate
        self.drawn: Counter[Fault] = Counter()
        self._kinds = tuple(kinds)
        self._random = random.Random(seed)

    def draw(self, possible: Collection[Fault] = tuple(Fault)) -> frozenset[Fault]:
        """Return what is wrong with the next reply, of the faults ``possible`` on that wire."""
        faults = self.on.intersection(possible)
        if self.rate and self._random.random() < self.rate:
            kind = self._random.choice([kind for kind in self._kinds if kind in possible])
            self.drawn[kind] += 1
            faults.add(kind)
        return frozenset(faults)

    def absurd(self) -> int:
        """Return a position that no servo has."""
        return self._random.choice((0, 0xFFFF))
