import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numeric_jacobian import numeric_jacobian

from robot.chain_kinematics import ChainKinematics
from robot.errors import ModelError, UnreachableError
from robot.model import load_arm
from robot.pose import tool_pose

ARMS = ("kuka", "panda", "dofbot")
SHARES = st.lists(st.floats(0.0, 1.0), min_size=7, max_size=7).map(np.array)


def chain(arm: str) -> ChainKinematics:
    model = load_arm(arm)
    return ChainKinematics.from_urdf(model.urdf, model.joints, model.tool_link)


CHAINS = {arm: chain(arm) for arm in ARMS}


def pose_at(arm: str, share: np.ndarray) -> np.ndarray:
    model = load_arm(arm)
    return model.lower + share[: model.n] * (model.upper - model.lower)


@pytest.mark.parametrize("arm", ARMS)
def test_poses_are_found_again_within_limits_from_anywhere(arm: str) -> None:
    model, kinematics, random = load_arm(arm), CHAINS[arm], np.random.default_rng(0)
    for _ in range(500):
        true, near = random.uniform(model.lower, model.upper, (2, model.n))
        asked = kinematics.forward(true)
        found = kinematics.inverse(asked, near)
        assert (model.lower <= found).all() and (found <= model.upper).all()
        np.testing.assert_allclose(kinematics.forward(found), asked, atol=5e-6)


@pytest.mark.parametrize("arm", ARMS)
def test_from_nearby_a_pose_is_found_nearby(arm: str) -> None:
    model, kinematics, random = load_arm(arm), CHAINS[arm], np.random.default_rng(1)
    moves = []
    for _ in range(300):
        true = random.uniform(model.lower, model.upper)
        near = np.clip(true + random.uniform(-0.05, 0.05, model.n), model.lower, model.upper)
        moves.append(np.abs(kinematics.inverse(kinematics.forward(true), near) - near).max())
    assert np.percentile(moves, 99) < 0.1
    assert max(moves) < 0.8, "next to a singular pose a small shift takes a large turn"


@pytest.mark.parametrize("arm", ARMS)
@given(share=SHARES)
def test_the_jacobian_is_what_small_turns_do(arm: str, share: np.ndarray) -> None:
    kinematics, q = CHAINS[arm], pose_at(arm, share)
    np.testing.assert_allclose(kinematics.jacobian(q), numeric_jacobian(kinematics, q), atol=1e-6)


@pytest.mark.parametrize("arm", ["dofbot", "ur5"])
@given(share=SHARES)
def test_along_their_urdf_it_agrees_with_closed_forms(arm: str, share: np.ndarray) -> None:
    closed, general, q = load_arm(arm).kinematics, chain(arm), pose_at(arm, share)
    np.testing.assert_allclose(general.forward(q), closed.forward(q), atol=1e-9)
    np.testing.assert_allclose(general.jacobian(q), closed.jacobian(q), atol=1e-9)


@pytest.mark.parametrize("arm", ARMS)
@given(share=SHARES)
def test_points_end_in_the_tool_and_none_is_there_twice(arm: str, share: np.ndarray) -> None:
    kinematics, q = CHAINS[arm], pose_at(arm, share)
    points = kinematics.points(q)
    np.testing.assert_allclose(points[-1], kinematics.tool_position(q))
    np.testing.assert_allclose(points[-1], kinematics.forward(q)[:3, 3])
    assert (np.linalg.norm(np.diff(points, axis=0), axis=1) > 1e-3).all()


def test_the_same_question_has_the_same_answer() -> None:
    model = load_arm("kuka")
    asked = model.kinematics.forward(model.home + 0.3)
    first = model.kinematics.inverse(asked, model.upper)
    np.testing.assert_array_equal(model.kinematics.inverse(asked, model.upper), first)


def test_half_a_turn_is_found() -> None:
    model = load_arm("kuka")
    turned = model.kinematics.forward(model.home) @ np.diag([-1.0, -1.0, 1.0, 1.0])
    found = model.kinematics.inverse(turned, model.home)
    np.testing.assert_allclose(model.kinematics.forward(found), turned, atol=5e-6)


def test_a_target_further_than_the_arm_is_long_is_told_how_far() -> None:
    model = load_arm("kuka")
    with pytest.raises(UnreachableError, match=r"\(1\.500, 0\.000, 0\.158\) .*is 1\.500 m .*1\.1"):
        model.kinematics.inverse(tool_pose(1.5, 0.0, 0.1575, np.pi, 0.0), model.home)


def test_a_target_the_limits_forbid_is_told_by_how_much_it_is_missed() -> None:
    model = load_arm("kuka")
    inside = tool_pose(0.02, 0.0, 0.2, np.pi, 0.0)
    with pytest.raises(
        UnreachableError, match=r"joint limits stays \d+\.\d mm and \d+\.\d deg off"
    ):
        model.kinematics.inverse(inside, model.home)


def test_joints_in_another_order_are_refused_with_the_right_one() -> None:
    model = load_arm("kuka")
    joints = (model.joints[1], model.joints[0], *model.joints[2:])
    with pytest.raises(
        ModelError, match=r"'lbr_iiwa_link_7' .* is, in this order, lbr_iiwa_joint_1"
    ):
        ChainKinematics.from_urdf(model.urdf, joints, model.tool_link)
