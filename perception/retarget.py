"""From what a person's arm does to where a robot's joints and jaws shall go."""

from typing import Protocol

import numpy as np

from perception.body_angles import ANGLES, PINCH
from perception.person import Points
from perception.turns import wrapped
from robot.command import JointCommand
from robot.model import ArmModel


class Retarget(Protocol):
    """One way of driving an arm by a body."""

    def begin(self, values: Points, here: JointCommand) -> None:
        """Begin to follow ``values`` [9] of ``BodyAngles`` from where the arm is."""

    def target(self, values: Points, here: JointCommand) -> JointCommand:
        """Return where the arm shall go, within its limits; what is NaN leaves it as it is."""


class JointRetarget:
    """Angles to angles, by the table ``[teleop]`` of the arm."""

    def __init__(self, model: ArmModel) -> None:
        """Drive an arm of ``model``."""
        self._model = model

    def begin(self, values: Points, here: JointCommand) -> None:
        """Angles are absolute: nothing to be remembered."""

    def target(self, values: Points, here: JointCommand) -> JointCommand:
        """Return the joints that mirror the body angles; an angle never seen is taken as 0."""
        model = self._model
        positions = _by_turns(model.teleop.joints(np.nan_to_num(values[ANGLES])), here, model)
        return JointCommand(positions, jaws(values, here, model))


def _by_turns(positions: Points, here: JointCommand, model: ArmModel) -> Points:
    """Return ``positions`` by whole turns, within limits.

    A joint that turns all the way round stays on the turn it is in; another one that cannot get
    there goes to the nearer limit: half a turn from the middle, not at 180 deg.
    """
    lower, upper = model.lower, model.upper
    round_about = upper - lower >= 2.0 * np.pi
    middle = np.where(round_about, here.positions, (lower + upper) / 2.0)
    turned = middle + wrapped(positions - middle)
    outside = (turned > upper) * 1.0 - (turned < lower)
    turned = np.where(round_about, turned - 2.0 * np.pi * outside, turned)
    return np.clip(turned, lower, upper)


def jaws(values: Points, here: JointCommand, model: ArmModel) -> float:
    """Return the opening [m] for how open the hand is; where unknown, what it is."""
    share = values[PINCH]
    if not np.isfinite(share):
        return here.gripper
    least, most = model.gripper.min_opening, model.gripper.max_opening
    return least + float(np.clip(share, 0.0, 1.0)) * (most - least)
