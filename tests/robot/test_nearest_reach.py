import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.model import load_arm
from robot.nearest_reach import nearest_reach

MODEL = load_arm("dofbot")

shares = st.lists(st.floats(0.02, 0.98), min_size=5, max_size=5).map(np.array)


def pose(share: np.ndarray) -> np.ndarray:
    return MODEL.lower + share * (MODEL.upper - MODEL.lower)


def away(point: np.ndarray, q: np.ndarray) -> float:
    return float(np.linalg.norm(point - MODEL.kinematics.tool_position(q)))


@given(shares, shares)
def test_a_point_in_reach_is_reached_within_limits(there: np.ndarray, near: np.ndarray) -> None:
    point = np.array(MODEL.kinematics.tool_position(pose(there)))
    q = nearest_reach(MODEL, point, pose(near))
    assert away(point, q) < 2e-3
    assert (q >= MODEL.lower).all() and (q <= MODEL.upper).all()


@pytest.mark.parametrize(
    "point",
    [(0.6, 0.0, 0.1), (0.3, 0.4, 0.2), (0.0, 0.0, 1.0), (-0.5, 0.1, 0.3), (0.2, -0.2, -0.3)],
)
def test_no_pose_of_many_is_nearer_to_a_point_out_of_reach(point: tuple[float, ...]) -> None:
    target, random = np.array(point), np.random.default_rng(0)
    q = nearest_reach(MODEL, target, MODEL.home)
    assert (q >= MODEL.lower).all() and (q <= MODEL.upper).all()
    others = (pose(random.uniform(0.0, 1.0, MODEL.n)) for _ in range(5000))
    assert away(target, q) < min(away(target, other) for other in others) + 1e-3


@given(shares, st.floats(0.45, 2.0), st.floats(-1.4, 1.4))
def test_out_of_reach_the_arm_stretches_towards_the_point(
    near: np.ndarray, reach: float, heading: float
) -> None:
    shoulder = MODEL.kinematics.points(MODEL.home)[0]
    direction = np.array([np.cos(heading), np.sin(heading), 0.0])
    q = nearest_reach(MODEL, shoulder + reach * direction, pose(near))
    assert np.linalg.norm(MODEL.kinematics.tool_position(q) - shoulder) > 0.335
