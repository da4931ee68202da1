"""The tool moves as the hand does: its shift since following began, to scale."""

from math import atan2, cos, pi, remainder, sin

import numpy as np

from perception.body_angles import HAND
from perception.person import Points
from perception.retarget import jaws
from robot.command import JointCommand
from robot.kinematics import Matrix
from robot.model import ArmModel
from robot.pose import jaw_yaw, tool_pose
from robot.tool_tracker import ToolTracker

_ROLL = 4  # among the values of BodyAngles
_MOST_ROLL = np.pi / 2.0  # [rad] from the plane: jaws turned further are the same jaws
_ABOVE_BASE = 0.03  # [m] from the base axis
_CONCEDED = 0.01  # [m] by which the tool may have missed a point so as to lean better


class ToolRetarget:
    """Hand position to tool position, through inverse kinematics.

    Each time following begins, as when a clutch is let go, hand and tool are where they are: only
    what the hand does from then on counts. The tool leans as the arm's grasps do and its jaws turn
    with the hand.
    """

    def __init__(self, model: ArmModel, scale: float | None = None) -> None:
        """Drive an arm of ``model``; ``scale``: metres of tool for one of hand, its own if None."""
        self._model = model
        self._scale = model.teleop.tool_scale if scale is None else scale
        self._hand: Points = np.zeros(3)
        self._tool: Points = np.zeros(3)
        self._point = np.full(3, np.inf)
        self._turn = self._half = self._heading = 0.0
        self._tracker = ToolTracker(model)

    def begin(self, values: Points, here: JointCommand) -> None:
        """Take hand and tool as they are now for the same place."""
        T_base_tool = self._model.kinematics.forward(here.positions)
        self._hand, self._tool = values[HAND].copy(), T_base_tool[:3, 3]
        if np.linalg.norm(self._point - self._tool) < _CONCEDED:
            self._tool = self._point  # or every clutch would concede some more
        level = remainder(jaw_yaw(T_base_tool), pi)
        self._heading = _heading(self._tool, above_base=level)
        turn = _jaw_turn(T_base_tool)
        self._half = np.pi * np.round(turn / np.pi)
        self._turn = turn - self._half - float(np.nan_to_num(values[_ROLL]))
        self._tracker.begin(here.positions)

    def target(self, values: Points, here: JointCommand) -> JointCommand:
        """Return the joints that bring the tool where the hand is, or as near as they reach."""
        point = self._point = self._tool + self._scale * (values[HAND] - self._hand)
        roll = self._turn + float(np.nan_to_num(values[_ROLL]))
        roll = self._half + float(np.clip(roll, -_MOST_ROLL, _MOST_ROLL))
        self._heading = _heading(point, above_base=self._heading)
        T_base_tool = _leaning(self._model, point, self._heading, roll)
        positions = self._tracker.follow(T_base_tool)
        return JointCommand(positions, jaws(values, here, self._model))


def _heading(point: Points, above_base: float) -> float:
    """Return in which direction ``point`` [3] [m] lies, or ``above_base`` if that is none [rad]."""
    x, y, _ = point.tolist()
    return above_base if np.hypot(x, y) < _ABOVE_BASE else atan2(y, x)


def _leaning(model: ArmModel, point: Points, heading: float, roll: float) -> Matrix:
    """Return ``T_base_tool`` at ``point`` [3] [m], leaning towards ``heading`` [rad].

    roll: of the jaws about the approach [rad].
    """
    x, y, z = point.tolist()
    tilt = float(np.clip(model.tilt(x, y, z), np.pi / 2.0, np.pi))
    T_base_tool = tool_pose(cos(heading), sin(heading), z, tilt, jaw_yaw=heading)
    T_base_tool[:2, 3] = x, y
    c, s = np.cos(roll), np.sin(roll)
    turn = np.eye(4)
    turn[:2, :2] = (c, -s), (s, c)
    return T_base_tool @ turn


def _jaw_turn(T_base_tool: Matrix) -> float:
    """Return by how much the jaws are turned about the approach from level [rad].

    Level is what is at right angles to the vertical plane of base and tool; right above the base,
    where that is none, the jaws are.
    """
    x, y = T_base_tool[:2, 3]
    if np.hypot(x, y) < _ABOVE_BASE:
        return 0.0
    level = np.array([-y, x, 0.0])
    return atan2(level @ T_base_tool[:3, 0], level @ T_base_tool[:3, 1])
