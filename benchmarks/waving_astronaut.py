"""A person whose arm is where one wants it: a photograph, with an arm and hand drawn onto it.

The networks take the drawn limbs for real ones, so what they should find is known.
"""

from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
from skimage import data

from perception.camera import Picture
from perception.person import Points

SIZE = (640, 480)
"""Width and height of the pictures [px]."""
HEAD_TO_WAIST = 400
"""Side of the photograph in them [px]."""

_WALL, _SUIT, _SKIN = (90, 100, 110), (40, 95, 215), (125, 155, 215)
_CORNER, _SHOULDER = np.array([120, 80]), np.array([208.0, 280.0])  # where the photograph has hers
_MIDDLE = 288.0  # of her, left to right [px]
_LENGTH = 34.0  # of the palm [px]
# Landmarks of a right hand from the palm's side, fingers up, in lengths of the palm.
_HAND = np.array([
    *[(0.0, 0.0), (0.35, -0.22), (0.62, -0.5), (0.8, -0.78), (0.95, -1.02)],
    *[(0.32, -0.95), (0.38, -1.33), (0.42, -1.58), (0.45, -1.79)],
    *[(0.05, -1.0), (0.06, -1.43), (0.06, -1.71), (0.07, -1.95)],
    *[(-0.2, -0.95), (-0.25, -1.34), (-0.28, -1.61), (-0.3, -1.82)],
    *[(-0.42, -0.82), (-0.5, -1.12), (-0.56, -1.33), (-0.61, -1.49)],
])  # fmt: skip
_PINCHED = _HAND.copy()
_PINCHED[1:9] = [
    *[(0.35, -0.22), (0.6, -0.5), (0.72, -0.78), (0.72, -1.0)],
    *[(0.32, -0.95), (0.5, -1.2), (0.62, -1.15), (0.72, -1.05)],
]
_FINGERS = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16], [17, 18, 19, 20]]
_PALM, _FINGER_WIDTH, _PALM_WIDTH = [0, 1, 5, 9, 13, 17], 0.19, 0.26


@cache
def _photograph() -> Picture:
    picture: Picture = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    return picture


def wall() -> Picture:
    """Return a picture with nobody in it."""
    return np.full((SIZE[1], SIZE[0], 3), _WALL, np.uint8)


def standing(picture: Picture, side: int, x: int, y: int) -> Picture:
    """Return ``picture`` with the photograph, ``side`` wide, its corner at ``x``, ``y`` [px]."""
    small = cv2.resize(_photograph(), (side, side), interpolation=cv2.INTER_AREA)
    shifted = np.array([[1, 0, x], [0, 1, y]], np.float32)
    drawn: Picture = cv2.warpAffine(
        small, shifted, SIZE, picture.copy(), borderMode=cv2.BORDER_TRANSPARENT
    )
    return drawn


def waving(
    elbow: Points, wrist: Points, both: bool = False, pinched: bool = False
) -> tuple[Picture, Points]:
    """Return her with the right arm by way of ``elbow`` to ``wrist`` [px], and the hand [21, 2].

    both: the left arm does the same, as in a mirror. pinched: thumb and index finger touch.
    """
    picture = standing(wall(), HEAD_TO_WAIST, *_CORNER)
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    turn = np.array([[-along[1], -along[0]], [along[0], -along[1]]])
    hand = wrist + 8.0 * along + _LENGTH * (_PINCHED if pinched else _HAND) @ turn.T
    for side in (_same, mirrored) if both else (_same,):
        _limb(picture, side(_SHOULDER), side(elbow), (30, 24))
        _limb(picture, side(elbow), side(wrist), (24, 17))
        _draw_hand(picture, side(hand))
    return picture, hand


def mirrored(points: Points) -> Points:
    """Return ``points`` [px] of the right arm as the left one has them."""
    return np.array([2.0 * _MIDDLE, 0.0]) + points * (-1.0, 1.0)


def waves(
    count: int, rate: float, both: bool = False, pace: float = 0.5, pinched: bool = False
) -> Iterator[tuple[Picture, Points, Points]]:
    """Yield ``count`` pictures, so many a second [Hz], with wrist [2] and hand [21, 2] [px].

    pace: how often she waves [Hz].
    """
    for phase in 2.0 * np.pi * pace * np.arange(count) / rate:
        elbow = np.array([115.0 + 10.0 * np.sin(phase), 350.0 + 15.0 * np.sin(phase)])
        wrist = np.array([80.0 + 60.0 * np.sin(phase), 230.0 + 25.0 * np.cos(phase)])
        picture, hand = waving(elbow, wrist, both, pinched)
        yield picture, wrist, hand


def _same(points: Points) -> Points:
    return points


def _limb(picture: Picture, start: Points, end: Points, radii: tuple[int, int]) -> None:
    mask = np.zeros(picture.shape[:2], np.uint8)
    for share in np.linspace(0.0, 1.0, 30):
        middle = start + share * (end - start)
        radius = round(radii[0] + share * (radii[1] - radii[0]))
        cv2.circle(mask, middle.astype(int).tolist(), radius, 255, -1, cv2.LINE_AA)
    _paint(picture, mask, _SUIT, max(radii))


def _draw_hand(picture: Picture, hand: Points) -> None:
    mask = np.zeros(picture.shape[:2], np.uint8)
    fixed = np.round(hand).astype(np.int32)
    cv2.fillPoly(mask, [cv2.convexHull(fixed[_PALM])], 255)
    cv2.polylines(mask, [fixed[_PALM]], True, 255, round(_PALM_WIDTH * _LENGTH))
    for finger in _FINGERS:
        cv2.polylines(mask, [fixed[finger]], False, 255, round(_FINGER_WIDTH * _LENGTH))
    _paint(picture, mask, _SKIN, 0.13 * _LENGTH)


def _paint(picture: Picture, mask: Picture, colour: tuple[int, int, int], round_px: float) -> None:
    """Paint where ``mask`` is, darker towards its edges as something round in light is."""
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5) / round_px
    light = 0.55 + 0.45 * np.sqrt(1.0 - (1.0 - np.clip(depth, 0.0, 1.0)) ** 2)
    share = cv2.GaussianBlur(mask, (0, 0), 1.0)[..., None] / 255.0
    picture[:] = picture * (1.0 - share) + share * light[..., None] * np.array(colour)
