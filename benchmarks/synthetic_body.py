"""Landmarks of a body whose angles are known: the way there that retargeting goes back."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from perception.person import Hand, Person, Side

Points = NDArray[np.float64]

SPINE, SHOULDERS, HIPS = 0.50, 0.36, 0.26
UPPER_ARM, FOREARM, PALM, KNUCKLES = 0.29, 0.26, 0.09, 0.075
"""Of an adult [m]."""

_ARM = {"left": (11, 13, 15, 17, 19, 21), "right": (12, 14, 16, 18, 20, 22)}
_FROM_BEHIND = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
"""From the torso's frame to that of a camera which the body turns its back on."""


@dataclass(frozen=True, slots=True)
class Pose:
    """What a body does; angles [rad] as in ``perception.body_angles.BodyAngles``.

    flare: how far the elbow is out of the arm's plane [m]. gap: thumb tip to index tip [m].
    """

    yaw: float = 0.0
    shoulder: float = -0.9
    elbow: float = 1.2
    wrist: float = -0.2
    roll: float = 0.3
    gap: float = 0.06
    flare: float = 0.0

    @property
    def angles(self) -> Points:
        """Return the five body angles [rad]."""
        return np.array([self.yaw, self.shoulder, self.elbow, self.wrist, self.roll])


@dataclass(frozen=True, slots=True)
class View:
    """How the body is seen.

    turn: rotation [3, 3] in the camera's frame of a body with its back to it; it faces it unless
    told otherwise. noise: standard deviation of each landmark coordinate [m]. hand: whether the
    hand's own landmarks are seen.
    """

    turn: Points = field(default_factory=lambda: np.diag([-1.0, 1.0, -1.0]))
    noise: float = 0.0
    hand: bool = True


def person(
    pose: Pose,
    side: Side = "right",
    *,
    view: View | None = None,
    stamp: float = 0.0,
    random: np.random.Generator | None = None,
) -> Person:
    """Return the landmarks of a body in ``pose`` by its ``side`` arm, the other one hanging."""
    view = view or View()
    ahead = np.array([np.cos(pose.yaw), np.sin(pose.yaw), 0.0])
    upper, fore, pointing = _segments(pose, ahead)
    leftward = _leftward(pose, ahead)
    index = leftward if side == "right" else -leftward
    body = _hanging()
    shoulder, *rest = _ARM[side]
    elbow = body[shoulder] + upper
    wrist = elbow + fore
    pinky, knuckle = (wrist + pointing + s * index * KNUCKLES / 2.0 for s in (-1.0, 1.0))
    body[rest] = [elbow, wrist, pinky, knuckle, wrist + 0.5 * pointing + index * 0.03]
    hand = _hand(pointing, index, pose.gap) if view.hand else None
    return _seen(body, hand, side, view, stamp, random)


def moving(pose: Pose, other: Pose, part: float) -> Pose:
    """Return the pose that is ``part`` of the way from ``pose`` to ``other``."""
    names = ("yaw", "shoulder", "elbow", "wrist", "roll", "gap", "flare")
    between = {n: (1 - part) * getattr(pose, n) + part * getattr(other, n) for n in names}
    return replace(pose, **between)


def _hanging() -> Points:
    """Return the landmarks of a body that stands upright, arms down, in the torso's frame [m]."""
    body = np.zeros((33, 3))
    body[:11] = (0.08, 0.0, SPINE + 0.2)
    arm, leg = np.array([0.0, 0.29, 0.55, 0.63, 0.63, 0.6]), np.array([0.0, 0.4, 0.8, 0.85, 0.85])
    for sign, side in ((1.0, "left"), (-1.0, "right")):
        body[list(_ARM[side])] = _below(np.array([0.0, sign * SHOULDERS / 2.0, SPINE]), arm)
        first = 23 if side == "left" else 24
        body[first::2] = _below(np.array([0.0, sign * HIPS / 2.0, 0.0]), leg)
    return body


def _below(start: Points, down: Points) -> Points:
    return start - np.outer(down, [0.0, 0.0, 1.0])


def _segments(pose: Pose, ahead: Points) -> list[Points]:
    """Return upper arm, forearm and palm as vectors in the frame of the torso [m]."""
    level = np.array([-ahead[1], ahead[0], 0.0])
    elevations = np.cumsum([pose.shoulder, pose.elbow, pose.wrist])
    flares = (pose.flare, -pose.flare, 0.0)
    vectors = []
    for elevation, length, flare in zip(
        elevations, (UPPER_ARM, FOREARM, PALM), flares, strict=True
    ):
        along = np.sqrt(length**2 - flare**2)
        direction = np.cos(elevation) * ahead + np.sin(elevation) * np.array([0.0, 0.0, 1.0])
        vectors.append(along * direction + flare * level)
    return vectors


def _leftward(pose: Pose, ahead: Points) -> Points:
    """Return the direction along the knuckles of a hand turned by the roll."""
    elevation = pose.shoulder + pose.elbow + pose.wrist
    level = np.array([-ahead[1], ahead[0], 0.0])
    back = np.cos(elevation) * np.array([0.0, 0.0, 1.0]) - np.sin(elevation) * ahead
    leftward: Points = np.cos(pose.roll) * level + np.sin(pose.roll) * back
    return leftward


def _hand(pointing: Points, index: Points, gap: float) -> Points:
    """Return 21 landmarks about the wrist [m], thumb tip and index tip ``gap`` apart."""
    points = np.zeros((21, 3))
    for finger, across in enumerate((0.5, 1.0 / 6.0, -1.0 / 6.0, -0.5)):
        knuckle = pointing + index * KNUCKLES * across
        for joint in range(4):
            points[5 + 4 * finger + joint] = knuckle + pointing * 0.3 * joint
    points[1:5] = np.outer(np.linspace(0.2, 0.8, 4), pointing) + index * 0.03
    points[4] = points[8] + index * gap
    return points


def _seen(
    body: Points,
    hand: Points | None,
    side: Side,
    view: View,
    stamp: float,
    random: np.random.Generator | None,
) -> Person:
    turn = view.turn @ _FROM_BEHIND
    random = random or np.random.default_rng(0)
    world = body @ turn.T + random.normal(0.0, view.noise, body.shape)
    seen = None
    if hand is not None:
        at = (hand - hand.mean(axis=0)) @ turn.T
        at = at + random.normal(0.0, view.noise, at.shape)
        seen = Hand(at, 0.5 + at[:, :2] / 2.0, 1.0)
    return Person(
        world=world,
        image=np.array([0.5, 0.6]) + world[:, :2] / 2.5,
        visibility=np.ones(33),
        left=seen if side == "left" else None,
        right=seen if side == "right" else None,
        stamp=stamp,
    )
