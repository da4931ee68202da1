"""A person drawn into the picture they were seen in: skeleton, hands, and words."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from perception.camera import Picture
from perception.person import Person, Points

SEEN = 0.5
"""Visibility from which a landmark is drawn."""

_TORSO = [(11, 12), (11, 23), (12, 24), (23, 24)]
_LEFT = [(11, 13), (13, 15), (15, 17), (15, 19), (15, 21), (17, 19), (23, 25), (25, 27)]
_RIGHT = [(12, 14), (14, 16), (16, 18), (16, 20), (16, 22), (18, 20), (24, 26), (26, 28)]
_FINGERS = [(base + i, base + i + 1) for base in (1, 5, 9, 13, 17) for i in range(3)]
_HAND = [(0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17), *_FINGERS]

_WHITE, _BLACK, _GREEN, _ORANGE = (255, 255, 255), (0, 0, 0), (90, 200, 90), (50, 150, 250)
_FINE = 3  # binary places of a pixel that lines are drawn to
_FONT, _TEXT, _LINE = cv2.FONT_HERSHEY_SIMPLEX, 0.5, 19


def skeleton(image: Picture, person: Person | None, words: Sequence[str] = ()) -> Picture:
    """Return a copy of ``image`` [height, width, 3], BGR, with ``person`` drawn in.

    The left side is green, the right one orange; what is not seen is left out. words: lines for
    the upper left corner, such as the joints of the arm that follows.
    """
    drawn = image.copy()
    if person is not None:
        pixels = person.image * (image.shape[1], image.shape[0])
        seen = person.visibility >= SEEN
        for bones, colour in ((_TORSO, _WHITE), (_LEFT, _GREEN), (_RIGHT, _ORANGE)):
            _bones(drawn, pixels, [bone for bone in bones if seen[list(bone)].all()], colour, 3)
        for hand, colour in ((person.left, _GREEN), (person.right, _ORANGE)):
            if hand is not None:
                tips = hand.image * (image.shape[1], image.shape[0])
                _bones(drawn, tips, _HAND, colour, 1)
    for row, line in enumerate(words):
        _write(drawn, line, (8, _LINE * (row + 1)))
    return drawn


def _bones(
    drawn: Picture,
    pixels: Points,
    bones: Iterable[tuple[int, int]],
    colour: tuple[int, int, int],
    width: int,
) -> None:
    fixed = np.round(pixels * 2**_FINE).astype(np.int32)
    lines = [fixed[list(bone)] for bone in bones]
    cv2.polylines(drawn, lines, False, _BLACK, width + 2, cv2.LINE_AA, _FINE)
    cv2.polylines(drawn, lines, False, colour, width, cv2.LINE_AA, _FINE)


def _write(drawn: Picture, text: str, at: tuple[int, int]) -> None:
    cv2.putText(drawn, text, at, _FONT, _TEXT, _BLACK, 3, cv2.LINE_AA)
    cv2.putText(drawn, text, at, _FONT, _TEXT, _WHITE, 1, cv2.LINE_AA)
