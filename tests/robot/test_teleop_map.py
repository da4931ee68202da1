import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from robot.model import load_arm

ARMS = ("dofbot", "kuka", "panda", "ur5")

angles = st.tuples(
    st.floats(-1.2, 1.2), st.floats(-1.2, 0.3), st.floats(0.2, 1.4), st.floats(-0.8, 0.8),
    st.floats(-0.5, 0.5),
).map(np.array)  # fmt: skip


@pytest.mark.parametrize("arm", ARMS)
@given(angles=angles)
def test_the_tool_points_where_the_persons_hand_does(arm: str, angles: np.ndarray) -> None:
    yaw, shoulder, elbow, wrist, _ = angles
    elevation = shoulder + elbow + wrist
    assume(abs(elevation) < 1.4 and within_limits(arm, angles))
    T_base_tool = tool_of(arm, angles)
    heading = [np.cos(elevation) * np.cos(yaw), np.cos(elevation) * np.sin(yaw), np.sin(elevation)]
    np.testing.assert_allclose(T_base_tool[:3, 2], heading, atol=1e-3)


@pytest.mark.parametrize("arm", ARMS)
@given(angles=angles)
def test_the_jaws_roll_as_the_hand_does(arm: str, angles: np.ndarray) -> None:
    assume(within_limits(arm, angles))
    level = angles.copy()
    level[4] = 0.0
    across = tool_of(arm, level)[:3, 1]
    assert abs(across[2]) < 1e-3, "palm down, the jaws are level"
    rolled = tool_of(arm, angles)
    assert rolled[:3, 1] @ across == pytest.approx(np.cos(angles[4]), abs=1e-3)
    lifted = rolled[:3, 2] @ np.cross(across, rolled[:3, 1])
    assert lifted == pytest.approx(np.sin(angles[4]), abs=1e-3), "the same way round"


@pytest.mark.parametrize("arm", ARMS)
def test_the_further_a_person_reaches_the_further_the_tool_is(arm: str) -> None:
    bent, stretched = (
        tool_of(arm, np.array([0.4, -0.6, elbow, -0.2, 0.0]))[:2, 3] for elbow in (1.3, 0.5)
    )
    assert np.hypot(*stretched) > 1.2 * np.hypot(*bent)
    x, y = stretched - bent
    assert np.arctan2(y, x) == pytest.approx(0.4, abs=0.02)


def within_limits(arm: str, angles: np.ndarray) -> bool:
    model = load_arm(arm)
    q = model.teleop.joints(angles)
    return bool(((model.lower <= q) & (q <= model.upper)).all())


def tool_of(arm: str, angles: np.ndarray) -> np.ndarray:
    model = load_arm(arm)
    q = model.teleop.joints(angles)
    return model.kinematics.forward(q)
