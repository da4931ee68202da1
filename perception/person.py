"""A person in one picture: where MediaPipe has the joints of body and hands."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """One hand: 21 landmarks, numbered as MediaPipe's hand landmarker does.

    world: [21, 3] about the hand's middle [m], x to the right, y down, z away from the camera.
    image: [21, 2] in shares of the picture's width and height. score: of its being a hand of this
    side.
    """

    world: Points
    image: Points
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A body: 33 landmarks, numbered as MediaPipe's pose landmarker does (BlazePose GHUM).

    world: [33, 3] about the middle of the hips [m], x to the right, y down, z away from the
    camera. image: [33, 2] in shares of the picture's width and height. visibility: [33], 0 to 1.
    left, right: the person's own hands, None where not seen. stamp: of the picture [s].
    """

    world: Points
    image: Points
    visibility: Points
    left: Hand | None
    right: Hand | None
    stamp: float

    def hand(self, side: Side) -> Hand | None:
        """Return the person's own hand of that ``side``."""
        return self.left if side == "left" else self.right
