import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric_jacobian import numeric_jacobian

from robot.errors import ModelError, UnreachableError
from robot.model import load_arm
from robot.pose import tool_pose
from robot.ur5_kinematics import Ur5Kinematics
from robot.urdf_tree import UrdfTree

MODEL = load_arm("ur5")
ARM = Ur5Kinematics.from_urdf(MODEL.urdf, MODEL.joints, MODEL.tool_link)
SHOULDER, UPPER_ARM, FOREARM, BESIDE = 0.089159, 0.425, 0.39225, 0.10915

joint_positions = st.tuples(
    *(
        st.floats(low, high)
        for low, high in zip(MODEL.lower.tolist(), MODEL.upper.tolist(), strict=True)
    )
).map(np.array)
quarters = st.lists(st.integers(-2, 2), min_size=6, max_size=6).map(
    lambda turns: np.array(turns) * math.pi / 2
)


def random_positions(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(MODEL.lower, MODEL.upper, (count, MODEL.n))


def flange(*degrees: float) -> np.ndarray:
    return ARM.forward(np.radians(degrees)) @ ARM.T_tool_flange


def found_again(q: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the way back to where ``q`` brings the tool, which is checked."""
    wanted = ARM.forward(q)
    found = ARM.inverse(wanted, near)
    assert (found >= MODEL.lower).all() and (found <= MODEL.upper).all()
    np.testing.assert_allclose(ARM.forward(found), wanted, atol=5e-9)
    return found


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        ((0, 0, 0, 0, 0, 0), (-0.81725, -0.19145, -0.005491)),
        ((0, -90, 0, -90, 0, 0), (0.0, -0.19145, 1.001059)),
    ],
)
def test_the_flange_is_where_the_makers_table_puts_it(
    degrees: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    np.testing.assert_allclose(flange(*degrees)[:3, 3], expected, atol=1e-9)


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
    found_again(q, near)


@given(quarters, joint_positions)
def test_round_trips_hold_where_joints_line_up(q: np.ndarray, near: np.ndarray) -> None:
    found_again(q, near)


@pytest.mark.parametrize("off", [0.0, 1e-12, 1e-9, 1e-7, 1e-4])
@pytest.mark.parametrize("joint", [2, 4])
def test_round_trips_hold_in_and_next_to_a_stretched_elbow_or_wrist(joint: int, off: float) -> None:
    for i, q in enumerate(random_positions(200, seed=5)):
        q[joint] = off + math.pi * (i % 3 - 1) * (1.0 - off)
        found_again(q, random_positions(1, seed=i)[0])


def test_round_trips_hold_where_the_wrist_touches_the_cylinder_it_cannot_enter() -> None:
    for i, q in enumerate(random_positions(200, seed=6)):
        # The third wrist joint straight above the base axis, but for d4 beside it.
        sine = (i % 3 - 1) / 2
        reach = ARM.d5 * sine - UPPER_ARM * math.cos(q[1])
        if abs(reach) > FOREARM:
            continue
        q[2] = math.remainder(math.acos(reach / FOREARM) - q[1], math.tau)
        q[3] = math.asin(sine) - q[1] - q[2]
        assert np.hypot(*ARM.points(q)[4, :2]) == pytest.approx(BESIDE, abs=1e-9)
        found_again(q, random_positions(1, seed=i)[0])


def test_of_several_solutions_the_nearest_is_taken() -> None:
    for q in random_positions(2_000, seed=3):
        np.testing.assert_allclose(ARM.inverse(ARM.forward(q), near=q), q, atol=1e-6)


def test_a_pose_has_eight_solutions() -> None:
    q = np.radians([20.0, -80.0, -100.0, -70.0, 60.0, 30.0])
    found = [found_again(q, near) for near in random_positions(600, seed=4)]
    branches = {tuple(np.round(np.mod(one, math.tau), 6)) for one in found}
    assert len(branches) == 8


@given(joint_positions)
def test_a_joint_takes_the_whole_turn_that_is_nearest(near: np.ndarray) -> None:
    found = found_again(MODEL.home, near)
    for turn in (math.tau, -math.tau):
        other = found + turn
        within = (other >= MODEL.lower) & (other <= MODEL.upper)
        assert (np.abs(found - near) <= np.abs(other - near) + 1e-9)[within].all()


def test_limits_narrower_than_a_turn_are_kept_to() -> None:
    lower, upper = MODEL.home - 1.5, MODEL.home + 1.5
    narrow = dataclasses.replace(ARM, lower=lower, upper=upper)
    for q in np.random.default_rng(7).uniform(lower, upper, (500, 6)):
        found = narrow.inverse(narrow.forward(q), near=MODEL.home)
        assert (found >= lower).all() and (found <= upper).all()


def test_a_last_joint_that_is_free_stays_where_it_is() -> None:
    stretched = np.array([0.3, -1.2, -1.4, -1.0, 0.0, 0.5])
    near = stretched + np.array([0.0, 0.0, 0.0, 0.1, 0.0, -0.1])
    assert found_again(stretched, near)[5] == pytest.approx(near[5])


def test_a_last_joint_that_is_free_moves_where_staying_would_not_reach() -> None:
    # Stretched out, with the second wrist joint's axis outward: no other direction of it reaches.
    far = np.array([0.0, -1.0, 0.0, -math.pi / 2, 0.0, 0.2])
    assert found_again(far, far + np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0]))[5] == pytest.approx(0.2)


@given(joint_positions)
def test_the_jacobian_is_the_derivative_of_forward(q: np.ndarray) -> None:
    np.testing.assert_allclose(ARM.jacobian(q), numeric_jacobian(ARM, q), atol=1e-8)


@given(joint_positions)
def test_points_end_in_the_tool_and_keep_the_lengths_of_the_links(q: np.ndarray) -> None:
    elbow, middle, wrist_1, wrist_2, wrist_3, camera, gripper, tool = ARM.points(q)
    np.testing.assert_allclose(tool, ARM.forward(q)[:3, 3], atol=1e-12)
    np.testing.assert_allclose(tool, ARM.tool_position(q), atol=1e-12)
    approach = ARM.forward(q)[:3, 2]
    np.testing.assert_allclose(tool - gripper, 0.1524 * approach, atol=1e-12)
    for a, b, length in [
        (np.array([0.0, 0.0, SHOULDER]), elbow, UPPER_ARM),
        (elbow, middle, FOREARM / 2),
        (middle, wrist_1, FOREARM / 2),
        (wrist_1, wrist_2, BESIDE),
        (wrist_2, wrist_3, 0.09465),
        (camera, tool, math.hypot(0.08, 0.1134)),
    ]:
        assert np.linalg.norm(b - a) == pytest.approx(length)


@given(st.floats(0.355, 0.445), st.floats(-0.07, 0.07), st.floats(0.0, 0.2), st.floats(-0.7, 0.7))
def test_a_grasp_pose_has_its_tool_straight_down_and_jaws_where_asked(
    x: float, y: float, z: float, jaw_yaw: float
) -> None:
    found = ARM.forward(ARM.inverse(tool_pose(x, y, z, math.pi, jaw_yaw), MODEL.home))
    np.testing.assert_allclose(found[:3, 3], [x, y, z], atol=1e-9)
    np.testing.assert_allclose(found[:3, 2], [0.0, 0.0, -1.0], atol=1e-9)
    along_the_face = [math.cos(jaw_yaw), math.sin(jaw_yaw)]
    assert np.dot(found[:2, 1], along_the_face) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("T_base_tool", "reason"),
    [
        (tool_pose(1.20, 0.0, 0.10, math.pi / 2, 0.0), "too far"),
        (tool_pose(0.05, 0.0, 0.10, math.pi, 0.0), "from the base axis, which it passes at 109 mm"),
    ],
)
def test_an_unreachable_pose_is_refused_with_where_and_why(
    T_base_tool: np.ndarray, reason: str
) -> None:
    with pytest.raises(UnreachableError, match="cannot be reached") as refusal:
        ARM.inverse(T_base_tool, MODEL.home)
    assert reason in str(refusal.value)
    assert f"({T_base_tool[0, 3]:.3f}, {T_base_tool[1, 3]:.3f}," in str(refusal.value)


def test_a_pose_too_near_to_the_shoulder_is_refused_as_that() -> None:
    short = dataclasses.replace(ARM, a3=-0.2)
    folded = dataclasses.replace(ARM, a2=-0.21, a3=-0.2)
    at_the_shoulder = folded.forward(np.array([0.0, -1.0, math.pi, 0.5, 1.0, 0.0]))
    with pytest.raises(UnreachableError, match="too near: the wrist would be 10 mm"):
        short.inverse(at_the_shoulder, MODEL.home)


def test_a_joint_that_cannot_turn_so_far_is_named() -> None:
    stiff = dataclasses.replace(ARM, lower=MODEL.home - 0.1, upper=MODEL.home + 0.1)
    with pytest.raises(UnreachableError, match=r"joint 1 would be at .* its limits are -6 to 6"):
        stiff.inverse(tool_pose(0.0, 0.5, 0.2, math.pi, 0.0), MODEL.home)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('<axis xyz="0 0 1"/>', '<axis xyz="1 0 0"/>', "turns about"),
        ('xyz="0 0.0823 0"', 'xyz="0.01 0.0823 0"', "have no length"),
        ('<parent link="wrist_3_link"/><child link="tool"/>',
         '<parent link="wrist_2_link"/><child link="tool"/>', "chain to 'tool'"),
        ('<parent link="wrist_3_link"/><child link="tool"/>',
         '<parent link="left_knuckle"/><child link="tool"/>', "chain to 'tool'"),
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
        Ur5Kinematics.from_urdf(UrdfTree.read(other), MODEL.joints, MODEL.tool_link)
