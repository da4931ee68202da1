import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from teleop_scene import MODEL, OPEN

from perception.body_angles import HAND, PINCH
from perception.retarget import JointRetarget
from perception.retarget_tool import ToolRetarget
from robot.command import JointCommand
from robot.model import load_arm

LOOK = JointCommand(MODEL.grasp.look, OPEN)
CLOSED = MODEL.gripper.min_opening

numbers = st.floats(-10.0, 10.0) | st.just(np.nan)
anything = st.lists(numbers, min_size=9, max_size=9).map(np.array)
shifts = st.lists(st.floats(-0.1, 0.1), min_size=3, max_size=3).map(np.array)


def values(hand: np.ndarray | None = None, roll: float = 0.0, pinch: float = np.nan) -> np.ndarray:
    hand = np.zeros(3) if hand is None else hand
    return np.array([0.0, -1.0, 1.0, 0.0, roll, pinch, *hand])


def tool(command: JointCommand) -> np.ndarray:
    return np.array(MODEL.kinematics.tool_position(command.positions))


def test_a_forearm_on_a_table_and_a_hand_pointing_down_are_a_grasp_from_the_table():
    angles = np.radians([0.0, -90.0, 90.0, -60.0, 0.0])
    command = JointRetarget(MODEL).target(np.append(angles, np.full(4, np.nan)), LOOK)
    x, y, z = tool(command)
    assert x == pytest.approx(0.2, abs=0.03)
    assert y == pytest.approx(0.0)
    assert abs(z - MODEL.table_height) < 0.02


def test_turning_left_turns_left_and_raising_the_arm_raises_the_tool():
    joints = JointRetarget(MODEL)
    low, high, left = values(), values(), values()
    high[1], left[0] = -0.4, 0.5
    assert tool(joints.target(high, LOOK))[2] > tool(joints.target(low, LOOK))[2]
    assert tool(joints.target(left, LOOK))[1] > 0.05


@given(anything, st.booleans())
def test_targets_keep_to_every_limit_whatever_a_body_does(body: np.ndarray, by_tool: bool):
    retarget = ToolRetarget(MODEL) if by_tool else JointRetarget(MODEL)
    if by_tool:
        body = np.append(body[:6], np.nan_to_num(body[6:]))
        retarget.begin(values(), LOOK)
    target = retarget.target(body, LOOK)
    assert (target.positions >= MODEL.lower).all() and (target.positions <= MODEL.upper).all()
    assert CLOSED <= target.gripper <= OPEN


@pytest.mark.parametrize(
    ("pinch", "opening"), [(-0.2, CLOSED), (0.0, CLOSED), (1.0, OPEN), (1.4, OPEN), (np.nan, 0.02)]
)
def test_the_jaws_are_as_open_as_the_hand(pinch: float, opening: float):
    here = JointCommand(MODEL.home, 0.02)
    assert JointRetarget(MODEL).target(values(pinch=pinch), here).gripper == pytest.approx(opening)


def test_a_roll_beyond_a_limit_ends_at_the_nearer_one():
    joints = JointRetarget(MODEL)
    turned = [joints.target(values(roll=roll), LOOK).positions[4] for roll in (-3.1, -1.7)]
    assert turned[0] == pytest.approx(MODEL.upper[4], abs=0.05)
    assert turned[1] == MODEL.lower[4]


@given(shifts, st.floats(0.1, 0.5))
def test_the_tool_moves_as_the_hand_does_to_scale(shift: np.ndarray, scale: float):
    retarget, start = ToolRetarget(MODEL, scale), JointCommand(_grasping(), OPEN)
    hand = np.array([0.3, -0.1, -0.2])
    retarget.begin(values(hand), start)
    found = tool(retarget.target(values(hand + shift), start))
    np.testing.assert_allclose(found - tool(start), scale * shift, atol=2e-3)


def test_where_following_begins_the_tool_stays_wherever_the_hand_is():
    retarget, start = ToolRetarget(MODEL), JointCommand(_grasping(), OPEN)
    for hand in (np.zeros(3), np.array([0.5, 0.3, 0.1])):
        retarget.begin(values(hand, roll=0.7), start)
        target = retarget.target(values(hand, roll=0.7), start)
        np.testing.assert_allclose(target.positions, start.positions, atol=1e-6)


def test_jaws_turn_with_the_hand():
    retarget, start = ToolRetarget(MODEL), JointCommand(_grasping(), OPEN)
    retarget.begin(values(roll=0.2), start)
    turned = retarget.target(values(roll=0.9), start).positions - start.positions
    np.testing.assert_allclose(turned, [0, 0, 0, 0, 0.7], atol=1e-6)


@pytest.mark.parametrize("arm", ["kuka", "panda"])
def test_a_tool_that_points_straight_down_is_moved_and_turned_by_the_hand(arm: str):
    model = load_arm(arm)
    upright = model.kinematics.forward(model.home)
    upright[:3, :3] = upright[:3, :3].round()
    start = JointCommand(model.kinematics.inverse(upright, model.home), 0.0)
    retarget, shift = ToolRetarget(model, 1.0), np.array([0.05, 0.1, -0.03])
    retarget.begin(values(roll=0.2), start)
    moved = model.kinematics.forward(retarget.target(values(shift, roll=0.6), start).positions)
    np.testing.assert_allclose(moved[:3, 3] - upright[:3, 3], shift, atol=2e-3)
    np.testing.assert_allclose(moved[:3, 2], [0.0, 0.0, -1.0], atol=0.01)
    heading = np.arctan2(moved[1, 3], moved[0, 3])
    turned = np.arccos(np.clip(moved[:3, 1] @ upright[:3, 1], -1.0, 1.0))
    assert turned == pytest.approx(abs(0.4 - heading), abs=0.02), "with the hand, and the base"


def test_a_hand_out_of_reach_takes_the_tool_to_the_nearest_point_and_back_without_a_jump():
    retarget, start = ToolRetarget(MODEL, 1.0), JointCommand(_grasping(), OPEN)
    retarget.begin(values(), start)
    way = np.concatenate([np.linspace(0.0, 0.6, 61), np.linspace(0.6, 0.0, 61)])
    points = [tool(retarget.target(values(np.array([s, 0.0, 0.05])), start)) for s in way]
    goal = tool(start) + np.array([0.6, 0.0, 0.05])
    shoulder = MODEL.kinematics.points(MODEL.home)[0]
    best = np.linalg.norm(goal - shoulder) - 0.338
    assert np.linalg.norm(points[60] - goal) == pytest.approx(best, abs=2e-3)
    assert np.linalg.norm(np.diff(points, axis=0), axis=1).max() < 0.03
    np.testing.assert_allclose(points[-1] - tool(start), [0.0, 0.0, 0.05], atol=2e-3)


def _grasping() -> np.ndarray:
    from robot.pose import tool_pose

    x, y, z = 0.2, 0.02, 0.06
    pose = tool_pose(x, y, z, MODEL.grasp.tilt(x, y, z), float(np.arctan2(y, x)))
    return MODEL.kinematics.inverse(pose, MODEL.grasp.look)


assert HAND.start == PINCH + 1
