"""Where a hand points, how it is turned, and how far thumb and index finger are apart."""

from dataclasses import dataclass
from math import atan2

import numpy as np

from perception.person import Hand, Person, Points, Side

WRIST, THUMB_TIP, INDEX, INDEX_TIP, MIDDLE, RING, PINKY = 0, 4, 5, 8, 9, 13, 17
"""Of a hand's landmarks; fingers by their knuckles."""

BODY_HAND = {"left": (15, 17, 19), "right": (16, 18, 20)}
"""Wrist, pinky and index knuckle among a body's landmarks."""

_KNUCKLES = [INDEX, MIDDLE, RING, PINKY]
_SLOPE = np.array([0.9, 0.3, -0.3, -0.9])  # least-squares line through four knuckles evenly apart

_CLOSED, _OPEN = 0.25, 1.0  # thumb tip to index tip, in lengths of the palm
_OTHER = 0.2  # score below which a hand at this side's wrist is the person's other one


@dataclass(frozen=True, slots=True, eq=False)
class Palm:
    """A hand as seen, its vectors in the camera's frame [m].

    pointing: from wrist to knuckles. leftward: along the knuckles, to the person's left with the
    palm down. pinch: 0 with thumb and index finger together, 1 apart; NaN where nobody knows.
    confidence: 0 to 1.
    """

    pointing: Points
    leftward: Points
    pinch: float
    confidence: float


def palm(person: Person, side: Side) -> Palm:
    """Return the person's hand of that ``side``, from the body's landmarks if need be."""
    hand, landmarks = person.hand(side), list(BODY_HAND[side])
    if hand is not None and hand.score >= _OTHER:
        return _of_hand(hand, side, float(person.visibility[landmarks[0]]))
    wrist, pinky, index = person.world[landmarks]
    confidence = float(person.visibility[landmarks].min())
    leftward = _leftward(index - pinky, side)
    return Palm((pinky + index) / 2.0 - wrist, leftward, np.nan, confidence)


def _of_hand(hand: Hand, side: Side, confidence: float) -> Palm:
    at = hand.world
    pointing = at[_KNUCKLES].mean(axis=0) - at[WRIST]
    to_index = _SLOPE @ at[_KNUCKLES]
    gap = float(np.linalg.norm(at[THUMB_TIP] - at[INDEX_TIP]))
    pinch = _pinch(gap, float(np.linalg.norm(pointing)))
    return Palm(pointing, _leftward(to_index, side), pinch, confidence)


def _leftward(to_index: Points, side: Side) -> Points:
    return to_index if side == "right" else -to_index


def _pinch(gap: float, size: float) -> float:
    """Return how open a hand of that ``size`` [m] is with its tips ``gap`` [m] apart.

    As the angle under which the gap is seen from a palm's length away, which no size can upset.
    """
    closed, wide = atan2(_CLOSED, 1.0), atan2(_OPEN, 1.0)
    return (atan2(gap, size) - closed) / (wide - closed)
