from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.model import load_arm
from robot.tool_tracker import ToolTracker

MODEL = load_arm("dofbot")

shares = st.lists(st.floats(0.02, 0.98), min_size=5, max_size=5).map(np.array)


def pose(share: np.ndarray) -> np.ndarray:
    return MODEL.lower + share * (MODEL.upper - MODEL.lower)


def away(point: np.ndarray, q: np.ndarray) -> float:
    return float(np.linalg.norm(point - MODEL.kinematics.tool_position(q)))


def at(point: np.ndarray) -> np.ndarray:
    T_base_tool = MODEL.kinematics.forward(MODEL.grasp.look)
    T_base_tool[:3, 3] = point
    return T_base_tool


def led(T_base_tool: np.ndarray, start: np.ndarray, calls: int = 60) -> np.ndarray:
    tracker = ToolTracker(MODEL)
    tracker.begin(start)
    for _ in range(calls):
        q = tracker.follow(T_base_tool)
        assert (q >= MODEL.lower).all() and (q <= MODEL.upper).all()
    return q


@settings(max_examples=30)
@given(shares, shares)
def test_a_pose_in_reach_is_reached_from_anywhere(there: np.ndarray, start: np.ndarray) -> None:
    T_base_tool = MODEL.kinematics.forward(pose(there))
    assert away(T_base_tool[:3, 3], led(T_base_tool, pose(start))) < 8e-3


@given(shares, shares)
def test_a_pose_nearby_is_met_at_once(share: np.ndarray, shift: np.ndarray) -> None:
    middle = 0.2 + 0.6 * share
    start, there = pose(middle), pose(middle) + 0.1 * (shift - 0.5)
    T_base_tool = MODEL.kinematics.forward(there)
    q = led(T_base_tool, start, calls=1)
    np.testing.assert_allclose(MODEL.kinematics.forward(q), T_base_tool, atol=1e-3)


def test_a_tool_that_is_wanted_the_other_way_round_turns_round() -> None:
    model = load_arm("ur5")
    there = np.append(model.home[:5], model.home[5] + np.pi)
    T_base_tool = model.kinematics.forward(there)
    tracker = ToolTracker(model)
    for _ in range(60):
        q = tracker.follow(T_base_tool)
    np.testing.assert_allclose(model.kinematics.forward(q), T_base_tool, atol=1e-3)


@pytest.mark.parametrize(
    "point",
    [(0.6, 0.0, 0.1), (0.3, 0.4, 0.2), (0.0, 0.0, 1.0), (-0.5, 0.1, 0.3), (0.2, -0.2, -0.3)],
)
def test_no_pose_of_many_is_nearer_to_a_point_out_of_reach(point: tuple[float, ...]) -> None:
    target, random = np.array(point), np.random.default_rng(0)
    q = led(at(target), MODEL.home)
    others = (pose(random.uniform(0.0, 1.0, MODEL.n)) for _ in range(5000))
    assert away(target, q) < min(away(target, other) for other in others) + 5e-3


def test_a_call_takes_bounded_time_even_where_nothing_is_reached() -> None:
    class Counting:
        calls = 0

        def __getattr__(self, name: str) -> Any:
            Counting.calls += name in ("forward", "jacobian")
            return getattr(MODEL.kinematics, name)

    tracker = ToolTracker(replace(MODEL, kinematics=Counting()))
    most = 0
    for step in range(60):
        before = Counting.calls
        tracker.follow(at(np.array([0.5 + 0.02 * step, 0.3, -0.2])))
        most = max(most, Counting.calls - before)
    assert 10 < most <= 34, "two searches of eight steps"
