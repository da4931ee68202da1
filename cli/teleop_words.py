"""Angles, jaws and states in words and figures, written into pictures of teleoperation."""

from collections.abc import Sequence

import cv2
import numpy as np

from perception.body_angles import PINCH, VALUES, body_angles
from perception.camera import Picture
from perception.person import Person, Side
from robot.command import ArmState
from robot.model import ArmModel

BAR = 28
"""Height of the bar below the pictures [px]."""

_FONT, _SIZE, _LINE, _EDGE = cv2.FONT_HERSHEY_SIMPLEX, 0.45, 18, 8
_WHITE, _BLACK, _DARK = (255, 255, 255), (0, 0, 0), (45, 40, 36)
_COLOURS = {"following": (90, 200, 90), "stopped": (70, 70, 235)}
_HOLDING = (60, 200, 240)
_ANGLES = 5  # of VALUES


def arm_words(model: ArmModel, state: ArmState, side: str) -> list[str]:
    """Return the joints of an arm [deg] and its jaws [mm], in lines."""
    angles = zip(_short(model.joints), np.degrees(state.positions).tolist(), strict=True)
    jaws = f"jaws {1e3 * state.gripper:.0f} mm"
    return [
        f"{side} {model.name}".strip(),
        *(f"{name} {round(angle):+d} deg" for name, angle in angles),
        *([jaws] if model.gripper.max_opening > 0.0 else []),
    ]


def person_words(person: Person, side: Side) -> list[str]:
    """Return the angles of a person's arm [deg] and how open the hand is, in lines."""
    body = body_angles(person, side)
    sure = body.certain(0.5)
    angles = zip(VALUES[:_ANGLES], np.degrees(sure[:_ANGLES]).tolist(), strict=True)
    hand = f"hand {100 * np.clip(sure[PINCH], 0, 1):.0f} % open"
    return [
        f"your {side} arm",
        *(f"{name} {round(angle):+d} deg" for name, angle in angles if np.isfinite(angle)),
        *([hand] if np.isfinite(sure[PINCH]) else []),
    ]


def _short(names: Sequence[str]) -> list[str]:
    """Return joint names without the arm's, and without saying what they are."""
    words = [name.removesuffix("_joint").split("_") for name in names]
    while len({first for first, *_ in words}) == 1 and len(words[0]) > 1 and words[0][0] != "joint":
        words = [rest for _, *rest in words]
    return ["_".join(rest) for rest in words]


def write(drawn: Picture, lines: Sequence[str], right: bool = False) -> None:
    """Write ``lines`` into the upper left corner of ``drawn``, BGR, or the upper ``right`` one."""
    for row, line in enumerate(lines):
        _put(drawn, line, _EDGE, _LINE * (row + 1), right)


def bar(width: int, statuses: Sequence[tuple[str, str]], pace: str) -> Picture:
    """Return a bar [BAR, width, 3], BGR, with who does what and how fast.

    statuses: of each arm, what to call it, and what it does: a dot says it by colour too.
    """
    drawn = np.full((BAR, width, 3), _DARK, np.uint8)
    x, base = _EDGE, BAR - 9
    for name, status in statuses:
        colour = _COLOURS.get(status.partition(":")[0], _HOLDING)
        cv2.circle(drawn, (x + 5, BAR // 2), 5, colour, -1, cv2.LINE_AA)
        x += 40 + _put(drawn, name + status, x + 16, base)
    _put(drawn, pace, _EDGE, base, right=True)
    return drawn


def _put(drawn: Picture, text: str, edge: int, y: int, right: bool = False) -> int:
    """Write ``text``, ``edge`` away from a side [px]; return its width."""
    width: int = cv2.getTextSize(text, _FONT, _SIZE, 1)[0][0]
    at = (drawn.shape[1] - edge - width if right else edge, y)
    cv2.putText(drawn, text, at, _FONT, _SIZE, _BLACK, 3, cv2.LINE_AA)
    cv2.putText(drawn, text, at, _FONT, _SIZE, _WHITE, 1, cv2.LINE_AA)
    return width
