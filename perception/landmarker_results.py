"""What the networks find in a picture, before it is known who is meant and whose hands they are."""

from dataclasses import dataclass

from perception.person import Points


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """Landmarks of a body, as in ``Person``."""

    world: Points
    image: Points
    visibility: Points


@dataclass(frozen=True, slots=True, eq=False)
class FoundHand:
    """Landmarks of a hand, as in ``Hand``; right: how sure it is a right one, 0 to 1."""

    world: Points
    image: Points
    right: float
