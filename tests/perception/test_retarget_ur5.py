"""What a person's arm makes of a UR5: the hand and the tool are to go the same way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.retarget import JointRetarget
from perception.retarget_tool import ToolRetarget
from robot.command import JointCommand
from robot.model import load_arm

MODEL = load_arm("ur5")
HOME = JointCommand(MODEL.home, MODEL.gripper.max_opening)
RAISED = np.radians(60.0)

degrees = st.floats(-80.0, 80.0)
bends = st.floats(0.0, 120.0)


def follow(*angles: float, here: JointCommand = HOME) -> JointCommand:
    """Return the target for yaw, shoulder, elbow, wrist and roll [deg]."""
    body = np.append(np.radians(angles), [0.5, 0.4, 0.0, 0.0])
    return JointRetarget(MODEL).target(body, here)


def tool_frame(command: JointCommand) -> np.ndarray:
    return MODEL.kinematics.forward(command.positions)


def test_a_forearm_on_a_table_and_a_hand_pointing_down_are_a_grasp_from_the_table() -> None:
    T_base_tool = tool_frame(follow(0.0, -90.0, 90.0, -90.0, 0.0))
    x, y, z = T_base_tool[:3, 3]
    assert 0.4 < x < 0.7 and abs(y) < 0.12
    assert abs(z - MODEL.table_height) < 0.03
    np.testing.assert_allclose(T_base_tool[:3, 2], [0.0, 0.0, -1.0], atol=1e-4)
    np.testing.assert_allclose(T_base_tool[:3, 1], [0.0, 1.0, 0.0], atol=1e-4)


@given(degrees, st.floats(-80.0, 30.0), bends, degrees)
def test_the_gripper_points_where_the_hand_does(
    yaw: float, shoulder: float, elbow: float, wrist: float
) -> None:
    approach = tool_frame(follow(yaw, shoulder, elbow, wrist, 0.0))[:3, 2]
    up, left = np.radians(shoulder + elbow + wrist), np.radians(yaw)
    expected = np.cos(up) * np.cos(left), np.cos(up) * np.sin(left), np.sin(up)
    np.testing.assert_allclose(approach, expected, atol=1e-4)


@given(degrees, st.floats(-80.0, 10.0), bends, degrees)
def test_the_wrist_is_where_the_hand_is_raised_and_to_scale(
    yaw: float, shoulder: float, elbow: float, wrist: float
) -> None:
    points = MODEL.kinematics.points(follow(yaw, shoulder, elbow, wrist, 0.0).positions)
    low, high = np.radians(shoulder), np.radians(shoulder + elbow)
    hand = np.array([np.cos(low) + np.cos(high), np.sin(low) + np.sin(high)])
    wrist_1 = np.array([np.hypot(*points[2, :2]), points[2, 2] - 0.089159])
    heading = np.radians(yaw)
    wrist_1[0] *= np.sign(points[2, :2] @ [np.cos(heading), np.sin(heading)])
    turn = np.array([[np.cos(RAISED), -np.sin(RAISED)], [np.sin(RAISED), np.cos(RAISED)]])
    np.testing.assert_allclose(wrist_1, 0.41 * turn @ hand, atol=0.035)


def test_the_elbow_is_above_the_line_from_shoulder_to_wrist() -> None:
    elbow, _, wrist_1, *_ = MODEL.kinematics.points(follow(0, -60.0, 90.0, 0.0, 0.0).positions)
    along = (elbow[0] - 0.0) / wrist_1[0]
    assert elbow[2] > 0.089159 + along * (wrist_1[2] - 0.089159) + 0.1


@pytest.mark.parametrize(("yaw", "side"), [(40.0, 1.0), (-40.0, -1.0)])
def test_turning_to_a_side_turns_to_that_side(yaw: float, side: float) -> None:
    straight = tool_frame(follow(0.0, -30.0, 40.0, 0.0, 0.0))[1, 3]
    assert side * (tool_frame(follow(yaw, -30.0, 40.0, 0.0, 0.0))[1, 3] - straight) > 0.2


def test_raising_and_bending_the_arm_raises_and_withdraws_the_tool() -> None:
    low, high = (tool_frame(follow(0.0, s, 60.0, 0.0, 0.0))[2, 3] for s in (-60.0, -20.0))
    assert high > low + 0.1
    reach = [
        np.hypot(*tool_frame(follow(0.0, -e / 2, e, 0.0, 0.0))[:2, 3]) for e in (20.0, 60.0, 110.0)
    ]
    assert reach[0] > reach[1] > reach[2]


def test_the_jaws_roll_as_the_hand_does() -> None:
    across = tool_frame(follow(0.0, -40.0, 40.0, 0.0, 30.0))[:3, 1]
    np.testing.assert_allclose(across, [0.0, np.cos(np.pi / 6), 0.5], atol=1e-4)


def test_an_arm_swung_right_round_never_makes_a_joint_turn_round() -> None:
    here, way = HOME, []
    for shoulder in [*np.arange(-90, 180), *np.arange(-180, -60)]:
        here = follow(20.0, float(shoulder), 30.0, 10.0, float(shoulder), here=here)
        way.append(here.positions)
    assert np.abs(np.diff(way, axis=0)).max() < 0.05
    assert (way >= MODEL.lower).all() and (way <= MODEL.upper).all()


def test_at_the_end_of_its_turns_a_joint_comes_back_within_its_limits() -> None:
    wound_up = JointCommand(np.append(MODEL.home[:5], 6.2), HOME.gripper)
    last = follow(0.0, -30.0, 60.0, 0.0, 20.0, here=wound_up).positions[5]
    assert last == pytest.approx(np.radians(20.0), abs=1e-3)


def test_the_tool_moves_as_the_hand_does() -> None:
    retarget, before = ToolRetarget(MODEL), tool_frame(HOME)
    values = np.array([0.0, -1.0, 1.0, 0.0, 0.0, np.nan, 0.3, 0.0, -0.2])
    retarget.begin(values, HOME)
    values[6:] += 0.05, 0.03, -0.04
    moved = tool_frame(retarget.target(values, HOME))
    np.testing.assert_allclose(moved[:3, 3] - before[:3, 3], [0.07, 0.042, -0.056], atol=1e-6)
    np.testing.assert_allclose(moved[:3, 2], [0.0, 0.0, -1.0], atol=1e-4)
