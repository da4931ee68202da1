"""A person as they are, from how a mirrored picture shows them."""

from dataclasses import replace

import numpy as np

from perception.person import Hand, Person

_SWAPPED = [0, 4, 5, 6, 1, 2, 3, *(i + 1 if i % 2 else i - 1 for i in range(7, 33))]
"""Landmarks by the number of their counterpart on the body's other side."""

_FLIP = np.array([-1.0, 1.0, 1.0])


def mirrored(person: Person) -> Person:
    """Return the ``person`` mirrored left to right; done twice it is the same person."""
    return Person(
        world=person.world[_SWAPPED] * _FLIP,
        image=_flipped(person.image[_SWAPPED]),
        visibility=person.visibility[_SWAPPED],
        left=_mirrored_hand(person.right),
        right=_mirrored_hand(person.left),
        stamp=person.stamp,
    )


def _mirrored_hand(hand: Hand | None) -> Hand | None:
    if hand is None:
        return None
    return replace(hand, world=hand.world * _FLIP, image=_flipped(hand.image))


def _flipped(image: np.ndarray) -> np.ndarray:
    return np.column_stack([1.0 - image[:, 0], image[:, 1]])
