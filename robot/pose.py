"""Homogeneous transforms: T_a_b maps coordinates in frame b to frame a, [4, 4] float64."""

import math

import numpy as np

from robot.kinematics import Matrix


def tool_pose(x: float, y: float, z: float, tilt: float, jaw_yaw: float) -> Matrix:
    """Return ``T_base_tool`` for a tool that leans within the vertical plane through the base.

    x, y, z: tool point in the base frame [m].
    tilt: angle of the approach from straight up [rad]; pi points straight down.
    jaw_yaw: heading of the block face that the jaws shall close across [rad]; the closing
        direction, seen from above, is at right angles to it. Needs tilt away from horizontal.
    """
    heading = math.atan2(y, x)
    turn = jaw_yaw - heading
    st, ct = math.sin(tilt), math.cos(tilt)
    # Rz(heading) Ry(tilt) Rz(roll), the roll chosen so that the closing direction
    # (-sin(roll) cos(tilt), cos(roll)) seen from above equals (-sin(turn), cos(turn)).
    roll = math.atan(math.tan(turn) / ct)
    sr, cr = math.sin(roll), math.cos(roll)
    sh, ch = math.sin(heading), math.cos(heading)
    return np.array(
        [
            [ch * ct * cr - sh * sr, -ch * ct * sr - sh * cr, ch * st, x],
            [sh * ct * cr + ch * sr, -sh * ct * sr + ch * cr, sh * st, y],
            [-st * cr, st * sr, ct, z],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def jaw_yaw(T_base_tool: Matrix) -> float:
    """Return the heading [rad] that ``tool_pose`` gave a tool: that of its closing direction,
    seen from above, less a right angle."""
    return math.atan2(-T_base_tool[0, 1], T_base_tool[1, 1])


def quarter_turn(angle: float) -> float:
    """Return ``angle`` [rad] by quarter turns within ±45°: how far a cube is turned."""
    return math.remainder(angle, math.pi / 2)
