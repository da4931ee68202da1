"""A person's arm as angles against the torso, from landmarks in three dimensions."""

from dataclasses import dataclass
from math import atan2

import numpy as np

from perception.palm import Palm, palm
from perception.person import Person, Points, Side
from perception.torso import torso_frame, unit

ARM = {"left": (11, 13, 15), "right": (12, 14, 16)}
"""Shoulder, elbow and wrist among a body's landmarks."""

VALUES = ("yaw", "shoulder", "elbow", "wrist", "roll", "pinch", "forward", "left", "up")
"""What is measured: the body angles [rad], how open the hand is (0 to 1), where it is [m]."""

CIRCULAR = np.array([True] * 5 + [False] * 4)
"""[9] which of them are angles."""

ANGLES, PINCH, HAND = slice(0, 5), 5, slice(6, 9)

_UPRIGHT = 0.08  # [m] a hand nearer to the vertical through its shoulder faces nowhere
_LEAST = 0.02  # [m] what is shorter, seen along its plane, has no direction there
_SIDEWAYS = 0.1  # sine of the angle between hand and the arm's axes within which it has no roll


@dataclass(frozen=True, slots=True, eq=False)
class BodyAngles:
    """What a person's arm does, in the frame of the torso: x forward, y left, z up.

    values: [9] in the order of VALUES, NaN where a pose leaves it open. The arm's plane is the
    vertical one through shoulder and wrist.
    yaw: heading of that plane, to the left. shoulder: elevation of the upper arm in it, 0 forward,
    90 deg up. elbow: elevation of the forearm less that, 0 stretched. wrist: elevation of the hand
    less the forearm's. roll: of the hand about where it points, 0 palm down, positive as its left
    side rises. forward, left, up: the wrist from the shoulder.
    confidence: [9], 0 to 1, the least visibility of the landmarks that were used.
    """

    values: Points
    confidence: Points

    @property
    def arm_confidence(self) -> float:
        """Return how sure it is that shoulder, elbow and wrist are where they seem."""
        return float(self.confidence[HAND.start])

    def certain(self, least: float) -> Points:
        """Return the values [9], NaN where their confidence is below ``least``."""
        return np.where(self.confidence >= least, self.values, np.nan)


def body_angles(person: Person, side: Side) -> BodyAngles:
    """Return what the person's own arm of that ``side`` does; all NaN if landmarks coincide."""
    confidence = np.zeros(len(VALUES))
    frame = torso_frame(person) if np.isfinite(person.world).all() else None
    if frame is None:
        return BodyAngles(np.full(len(VALUES), np.nan), confidence)
    hand = palm(person, side)
    shoulder, elbow, wrist = person.world[list(ARM[side])] @ frame
    arm = float(person.visibility[[11, 12, *ARM[side]]].min())
    confidence[:] = arm
    confidence[3:5] = min(arm, hand.confidence)
    confidence[PINCH] = hand.confidence
    angles = _arm_angles(elbow - shoulder, wrist - elbow, hand, frame)
    return BodyAngles(np.array([*angles, hand.pinch, *(wrist - shoulder)]), confidence)


def _arm_angles(upper: Points, fore: Points, hand: Palm, frame: Points) -> list[float]:
    """Return the five angles [rad] of an arm of vectors ``upper`` and ``fore`` [3] [m]."""
    reach = upper + fore
    if np.hypot(reach[0], reach[1]) < _UPRIGHT:
        return [np.nan] * 5
    yaw = atan2(reach[1], reach[0])
    ahead = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    pointing, leftward = hand.pointing @ frame, hand.leftward @ frame
    shoulder = _elevation(upper, ahead)
    forearm = _elevation(fore, ahead)
    wrist = _elevation(pointing, ahead) - forearm
    roll = _roll(pointing, leftward, ahead)
    return [yaw, shoulder, _wrap(forearm - shoulder), _wrap(wrist), roll]


def _elevation(vector: Points, ahead: Points) -> float:
    """Return the angle from the horizontal within the vertical plane along ``ahead`` [rad]."""
    along = float(vector @ ahead)
    return atan2(vector[2], along) if np.hypot(vector[2], along) > _LEAST else np.nan


def _roll(pointing: Points, leftward: Points, ahead: Points) -> float:
    """Return by how much the hand is turned about ``pointing`` from palm down [rad]."""
    level = np.array([-ahead[1], ahead[0], 0.0])
    towards = unit(pointing)
    across = level - (level @ towards) * towards
    if not towards.any() or np.linalg.norm(across) < _SIDEWAYS:
        return np.nan
    return atan2(leftward @ np.cross(towards, across), leftward @ across)


def _wrap(angle: float) -> float:
    return float(np.remainder(angle + np.pi, 2.0 * np.pi) - np.pi)
