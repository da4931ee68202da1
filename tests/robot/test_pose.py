import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from robot.kinematics import Matrix
from robot.pose import tool_pose

lengths = st.floats(-0.4, 0.4)
yaws = st.floats(-math.pi, math.pi)
tilts = st.floats(math.radians(100.0), math.pi)


@given(lengths, lengths, lengths, tilts, yaws)
def test_is_a_rigid_transform_with_the_tool_point_as_its_origin(
    x: float, y: float, z: float, tilt: float, yaw: float
) -> None:
    T_base_tool = tool_pose(x, y, z, tilt, yaw)
    rotation = T_base_tool[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert math.isclose(np.linalg.det(rotation), 1.0, abs_tol=1e-12)
    np.testing.assert_array_equal(T_base_tool[:, 3], [x, y, z, 1.0])
    np.testing.assert_array_equal(T_base_tool[3], [0.0, 0.0, 0.0, 1.0])


@given(st.floats(0.05, 0.4), yaws, tilts, yaws)
def test_the_approach_leans_by_the_tilt_away_from_the_base(
    radius: float, heading: float, tilt: float, yaw: float
) -> None:
    x, y = radius * math.cos(heading), radius * math.sin(heading)
    approach = tool_pose(x, y, 0.0, tilt, yaw)[:3, 2]
    lean = math.sin(tilt)
    expected = [lean * math.cos(heading), lean * math.sin(heading), math.cos(tilt)]
    np.testing.assert_allclose(approach, expected, atol=1e-12)


def closing_direction_from_above(T_base_tool: Matrix) -> Matrix:
    """Return the tool's y axis [2], along which the jaws close, as seen from above."""
    direction: Matrix = T_base_tool[:2, 1] / np.linalg.norm(T_base_tool[:2, 1])
    return direction


@given(lengths, lengths, tilts, yaws)
def test_the_jaws_close_at_right_angles_to_the_face_seen_from_above(
    x: float, y: float, tilt: float, yaw: float
) -> None:
    closing = closing_direction_from_above(tool_pose(x, y, 0.0, tilt, yaw))
    assert abs(closing @ [math.cos(yaw), math.sin(yaw)]) < 1e-9


@given(lengths, lengths, tilts, yaws)
def test_half_a_turn_of_the_block_is_the_same_grasp(
    x: float, y: float, tilt: float, yaw: float
) -> None:
    here = closing_direction_from_above(tool_pose(x, y, 0.0, tilt, yaw))
    turned = closing_direction_from_above(tool_pose(x, y, 0.0, tilt, yaw + math.pi))
    assert abs(abs(here @ turned) - 1.0) < 1e-9


@given(st.floats(0.05, 0.4), yaws, tilts)
def test_a_face_in_line_with_the_arm_needs_no_roll(
    radius: float, heading: float, tilt: float
) -> None:
    x, y = radius * math.cos(heading), radius * math.sin(heading)
    across = tool_pose(x, y, 0.0, tilt, jaw_yaw=heading)[:3, 1]
    np.testing.assert_allclose(across, [-math.sin(heading), math.cos(heading), 0.0], atol=1e-9)
