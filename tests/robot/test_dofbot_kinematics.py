import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric_jacobian import numeric_jacobian

from robot.dofbot_kinematics import DofbotKinematics
from robot.errors import ModelError, UnreachableError
from robot.model import load_arm
from robot.pose import tool_pose
from robot.urdf_tree import UrdfTree

MODEL = load_arm("dofbot")
ARM = MODEL.kinematics
UPPER_ARM = 0.08285

joint_positions = st.tuples(
    *(
        st.floats(low, high)
        for low, high in zip(MODEL.lower.tolist(), MODEL.upper.tolist(), strict=True)
    )
).map(np.array)


def random_positions(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(MODEL.lower, MODEL.upper, (count, MODEL.n))


def test_every_pose_within_limits_is_found_again() -> None:
    poses, seeds = random_positions(20_000, seed=1), random_positions(20_000, seed=2)
    worst = 0.0
    for q, near in zip(poses, seeds, strict=True):
        wanted = ARM.forward(q)
        found = ARM.inverse(wanted, near)
        assert (found >= MODEL.lower).all() and (found <= MODEL.upper).all()
        worst = max(worst, float(np.abs(ARM.forward(found) - wanted).max()))
    assert worst < 1e-9


@given(joint_positions, joint_positions)
def test_round_trips_hold_at_the_corners_too(q: np.ndarray, near: np.ndarray) -> None:
    wanted = ARM.forward(q)
    found = ARM.inverse(wanted, near)
    assert (found >= MODEL.lower).all() and (found <= MODEL.upper).all()
    np.testing.assert_allclose(ARM.forward(found), wanted, atol=1e-9)


def test_of_several_solutions_the_nearest_is_taken() -> None:
    for q in random_positions(2_000, seed=3):
        np.testing.assert_allclose(ARM.inverse(ARM.forward(q), near=q), q, atol=1e-6)


def test_a_tool_above_the_base_axis_keeps_the_yaw_it_is_near_to() -> None:
    near = np.array([0.7, 0.0, 0.0, 0.0, 0.1])
    found = ARM.inverse(ARM.forward(np.array([0.7, 0.0, 0.0, 0.0, 0.0])), near)
    assert found[0] == pytest.approx(0.7)


@given(joint_positions)
def test_the_jacobian_is_the_derivative_of_forward(q: np.ndarray) -> None:
    np.testing.assert_allclose(ARM.jacobian(q), numeric_jacobian(ARM, q), atol=1e-8)


@given(joint_positions)
def test_points_end_in_the_tool_and_keep_the_lengths_of_the_links(q: np.ndarray) -> None:
    shoulder, elbow, wrist, camera, roll, tool = ARM.points(q)
    np.testing.assert_allclose(tool, ARM.forward(q)[:3, 3], atol=1e-12)
    np.testing.assert_allclose(tool, ARM.tool_position(q), atol=1e-12)
    for a, b, length in [
        (shoulder, elbow, UPPER_ARM),
        (elbow, wrist, UPPER_ARM),
        (wrist, camera, math.hypot(0.0481, 0.0707)),
        (roll, tool, 0.0938),
    ]:
        assert np.linalg.norm(b - a) == pytest.approx(length)


def test_straight_up_is_as_high_as_its_links_are_long() -> None:
    np.testing.assert_allclose(
        ARM.forward(MODEL.home)[:3, 3], [-0.0022, 0.0, 0.1075 + 2 * UPPER_ARM + 0.172], atol=1e-12
    )


@pytest.mark.parametrize(
    ("T_base_tool", "reason"),
    [
        (tool_pose(0.60, 0.0, 0.10, math.pi / 2, 0.0), "too far"),
        (tool_pose(0.20, 0.0, 0.10, math.pi / 2, 0.0), "joint 3 would be at 159.4 deg"),
        (tool_pose(0.05, 0.0, 0.10, math.pi / 2, 0.0), "joint 2 would be at -136.9 deg"),
    ],
)
def test_an_unreachable_pose_is_refused_with_where_and_why(
    T_base_tool: np.ndarray, reason: str
) -> None:
    with pytest.raises(UnreachableError, match="cannot be reached") as refusal:
        ARM.inverse(T_base_tool, MODEL.home)
    assert reason in str(refusal.value)
    assert f"({T_base_tool[0, 3]:.3f}, {T_base_tool[1, 3]:.3f}," in str(refusal.value)


def test_a_pose_too_near_for_unequal_links_is_refused_as_that() -> None:
    assert isinstance(ARM, DofbotKinematics)
    short = dataclasses.replace(ARM, fore=0.04)
    at_the_shoulder = tool_pose(short.wrist, 0.0, short.shoulder, math.pi / 2, 0.0)
    with pytest.raises(UnreachableError, match="too near"):
        short.inverse(at_the_shoulder, MODEL.home)


def test_a_tool_turned_out_of_the_arms_plane_is_refused_with_the_angle() -> None:
    asked = ARM.forward(np.array([0.0, 0.5, 1.0, 0.5, 0.0]))
    turn = math.radians(20.0)
    c, s = math.cos(turn), math.sin(turn)
    asked[:3, :3] = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ asked[:3, :3]
    with pytest.raises(UnreachableError, match=r"leaves the arm's vertical plane by \d+\.\d deg"):
        ARM.inverse(asked, MODEL.home)


@given(st.floats(0.195, 0.245), st.floats(-0.05, 0.05), st.floats(-0.7, 0.7))
def test_a_grasp_pose_has_its_tool_tilt_and_jaws_where_asked(
    x: float, y: float, jaw_yaw: float
) -> None:
    tilt = MODEL.grasp.tilt(x, y, 0.02)
    found = ARM.forward(ARM.inverse(tool_pose(x, y, 0.02, tilt, jaw_yaw), MODEL.home))
    np.testing.assert_allclose(found[:3, 3], [x, y, 0.02], atol=1e-9)
    assert found[2, 2] == pytest.approx(math.cos(tilt))
    closing = found[:2, 1]
    along_the_face = [math.cos(jaw_yaw), math.sin(jaw_yaw)]
    assert np.dot(closing, along_the_face) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('<axis xyz="0 1 0"/>', '<axis xyz="1 0 0"/>', "turns about"),
        ('<parent link="link5"/><child link="tool"/>', '<parent link="link4"/><child link="tool"/>',
         "chain to 'tool'"),
        ('<child link="tool"/>', '<child link="tip"/>', "its child link 'tip' is not in the file"),
    ],
)  # fmt: skip
def test_a_urdf_of_another_shape_is_refused(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    text = MODEL.urdf.path.read_text()
    assert old in text
    other = tmp_path / "other.urdf"
    other.write_text(text.replace(old, new))
    with pytest.raises(ModelError, match=rf"other\.urdf.*{complaint}"):
        DofbotKinematics.from_urdf(UrdfTree.read(other), MODEL.joints, MODEL.tool_link)
