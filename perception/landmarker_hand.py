"""Finds one hand of a person, in a square about where the body's landmarks have it."""

from pathlib import Path

import cv2
import numpy as np

from perception.camera import Picture
from perception.landmarker_results import Body, FoundHand
from perception.landmarker_tasks import HandTask
from perception.people_scale import pixels_per_metre
from perception.person import Hand, Points, Side

_WRIST_PINKY_INDEX = {"left": [15, 17, 19], "right": [16, 18, 20]}
_SQUARES = 0.5, 1.0
"""Sides of the square in which a hand is looked for in turns [m]: a hand is about 0.19 m long, but
one held towards the camera looks larger than what the head's scale makes of that."""
_ROOM = 2.6  # side of the square in which a hand is followed, in sizes of the hand
_EASE = 0.2  # share of the way to it, a picture
_DOUBT = 0.1  # weight of a picture in whether the hand is a right one: that does not change
_PIXELS = 256  # of the square that the network sees; it looks at 224 of the hand itself
_SEEN = 0.5  # visibility of the wrist from which a hand is looked for
_WRIST_ERROR = 0.3  # between the wrist of the body and that of the hand, in sides of the square

_SAME_HAND = 0.08  # between the wrists of hands that are one and the same [m]


class HandFollower:
    """Follows the hand of one side.

    The square moves with the body's wrist, so that the hand is large in it even far away, no
    other is taken for it, and the network finds it where it was however fast the arm moves.
    """

    def __init__(self, model: Path, side: Side) -> None:
        """Load ``model``. Raises ModelError."""
        self._task, self._side = HandTask(model), side
        self._points = _WRIST_PINKY_INDEX[side]
        self._picture = np.zeros((_PIXELS, _PIXELS, 3), np.uint8)
        self._metres, self._reach, self._tries = _SQUARES[0], 0.0, 0
        self._right: float | None = None

    def close(self) -> None:
        """Let go of the network. Safe to call twice."""
        self._task.close()

    def look(self, rgb: Picture, body: Body, stamp: float) -> Hand | None:
        """Return the hand in the picture ``rgb``, taken at ``stamp`` [s], where ``body`` has it."""
        if body.visibility[self._points[0]] < _SEEN:
            return None
        size = np.array([rgb.shape[1], rgb.shape[0]])
        pixels = body.image * size
        scale = pixels_per_metre(pixels, body.world, body.visibility)
        side = max(1.0, self._metres * scale)
        corner = pixels[self._points].mean(axis=0) - side / 2
        found = self._task.hand(self._cut(rgb, corner, side), stamp)
        self._metres = self._next_square(found)
        if found is None:
            self._right = None
            return None
        self._reach = _WRIST_ERROR * side
        before = found.right if self._right is None else self._right
        self._right = before + _DOUBT * (found.right - before)
        score = self._right if self._side == "right" else 1.0 - self._right
        return Hand(found.world, (corner + found.image * side) / size, score)

    def owned(self, hand: Hand | None, body: Body, rgb: Picture) -> Hand | None:
        """Return the ``hand`` that was found last if it is at the wrist of ``body``, else None."""
        wrist = self._points[0]
        if hand is None or body.visibility[wrist] < _SEEN:
            return None
        apart = (hand.image[0] - body.image[wrist]) * (rgb.shape[1], rgb.shape[0])
        return hand if np.linalg.norm(apart) < self._reach else None

    def _cut(self, rgb: Picture, corner: Points, side: float) -> Picture:
        """Return the square at ``corner``, ``side`` wide [px], black beyond the picture."""
        zoom = _PIXELS / side
        affine = np.array([[zoom, 0.0, -zoom * corner[0]], [0.0, zoom, -zoom * corner[1]]])
        cv2.warpAffine(rgb, affine, (_PIXELS, _PIXELS), dst=self._picture)
        return self._picture

    def _next_square(self, found: FoundHand | None) -> float:
        """Return the side of the next square [m]."""
        if found is None:
            self._tries += 1
            return _SQUARES[self._tries % len(_SQUARES)]
        wanted = self._metres * _ROOM * float(np.ptp(found.image, axis=0).max())
        eased = self._metres + _EASE * (wanted - self._metres)
        return min(max(eased, 0.5 * _SQUARES[0]), 2.0 * _SQUARES[-1])


def apart(
    left: Hand | None, right: Hand | None, body: Body, size: tuple[int, int]
) -> tuple[Hand | None, Hand | None]:
    """Return both hands, but one hand taken for both only where the wrist of ``body`` is nearer.

    size: width and height of the picture [px].
    """
    if left is None or right is None:
        return left, right
    pixels = body.image * size
    scale = pixels_per_metre(pixels, body.world, body.visibility)
    wrists = np.stack([left.image[0], right.image[0]]) * size
    if np.linalg.norm(wrists[0] - wrists[1]) > _SAME_HAND * scale:
        return left, right
    errors = np.linalg.norm(wrists - pixels[[15, 16]], axis=1)
    return (left, None) if errors[0] < errors[1] else (None, right)
