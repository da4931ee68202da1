"""Who of several people in a picture is meant: the nearest, and then the same one on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perception.camera import Picture
from perception.landmarker_results import Body
from perception.people_scale import pixels_per_metre
from perception.person import Points

_SHOULDERS = [11, 12]
_ERROR = 0.1
"""How far a place may be off [m]."""
_SPEED = 3.0
"""How fast shoulders move at most [m/s]; whoever is elsewhere faster is somebody else."""
_LONGEST = 0.2
"""The longest time that a person may be followed by speed alone [s], as at 5 fps."""
_GROWTH = 1.4  # of the scale, from picture to picture, either way
_MARGIN = 0.2  # around landmarks, for the flesh about them [m]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where somebody is in a picture: the middle of the shoulders [px], and the scale [px/m]."""

    middle: Points
    scale: float


def place_of(body: Body, size: tuple[int, int]) -> Place:
    """Return the place of ``body`` in a picture of width and height ``size`` [px]."""
    pixels = body.image * size
    scale = pixels_per_metre(pixels, body.world, body.visibility)
    return Place(pixels[_SHOULDERS].mean(axis=0), scale)


def same_person(before: Place, now: Place, seconds: float) -> bool:
    """Return whether a person could have gone from one place to the other between two pictures.

    seconds: between the pictures. It is no longer if the person was out of sight meanwhile: who
    was hidden by somebody passing comes back into sight where they were.
    """
    growth = now.scale / max(before.scale, 1e-6)
    reach = _ERROR + _SPEED * min(max(seconds, 0.0), _LONGEST)
    near = _distance(before, now) < reach * before.scale
    return near and 1.0 / _GROWTH < growth < _GROWTH


def choose(places: Sequence[Place], before: Place | None, seconds: float = 0.0) -> int | None:
    """Return which of ``places`` is meant, None for none of them.

    before: where the person meant was; only who can have come from there can be it, with so many
    ``seconds`` between pictures. None: nobody was, so it is the nearest, of the largest scale.
    """
    if before is None:
        return max(range(len(places)), key=lambda i: places[i].scale, default=None)
    there = [i for i, place in enumerate(places) if same_person(before, place, seconds)]
    return min(there, key=lambda i: _distance(places[i], before), default=None)


def only(rgb: Picture, image: Points, place: Place) -> Picture:
    """Return a copy of the picture ``rgb`` that is black but for the person with ``image``."""
    height, width = rgb.shape[:2]
    pixels, margin = image * (width, height), _MARGIN * place.scale
    low = np.clip(pixels.min(axis=0) - margin, 0, (width, height)).astype(int)
    high = np.clip(pixels.max(axis=0) + margin, 0, (width, height)).astype(int)
    alone = np.zeros_like(rgb)
    inside = slice(low[1], high[1]), slice(low[0], high[0])
    alone[inside] = rgb[inside]
    return alone


def _distance(one: Place, other: Place) -> float:
    return float(np.linalg.norm(one.middle - other.middle))
