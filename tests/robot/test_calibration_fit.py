import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.calibration_fit import fit_calibration
from robot.command import Vector
from robot.errors import RobotError
from robot.model import load_arm
from robot.recording import Visit
from robot.tool_fix import FixNoise, ToolFix, fix_error, fix_jacobian, tool_fix
from robot.viewpoints import telling_poses

MODEL = load_arm("dofbot")
KINEMATICS = MODEL.kinematics
POINTS = telling_poses(MODEL, 20)
COUNT = 0.0014


def visits(
    zero: Vector, gain: Vector, play: float, seed: int = 0, noise: FixNoise | None = None
) -> list[Visit]:
    """Return visits of an arm with hidden zeros, gains and play, come to from both sides."""
    random, found = np.random.default_rng(seed), []
    for number, point in enumerate(POINTS):
        for side in (point.side, -point.side):
            measured = np.round((point.pose + random.normal(0, 0.002, 5)) / COUNT) * COUNT
            true = gain * (measured - 0.5 * play * side) + zero
            seen = (noise or FixNoise()).seen(tool_fix(KINEMATICS, true), random)
            found.append(Visit(number, side, point.pose, measured, seen))
    return found


def without(visit: Visit, *axes: int) -> Visit:
    values = visit.seen.values.copy()
    values[list(axes)] = np.nan
    return Visit(visit.point, visit.side, visit.commanded, visit.measured, ToolFix(values))


@settings(max_examples=15, deadline=None)
@given(
    zero=st.lists(st.floats(-0.07, 0.07), min_size=5, max_size=5),
    gain=st.lists(st.floats(0.96, 1.04), min_size=5, max_size=5),
    play=st.floats(0.0, 0.03),
    seed=st.integers(0, 999),
)
def test_hidden_zeros_gains_and_play_are_found(
    zero: list[float], gain: list[float], play: float, seed: int
) -> None:
    fit = fit_calibration(KINEMATICS, visits(np.array(zero), np.array(gain), play, seed))
    assert fit.unobservable == ()
    for found, true in zip(fit.zero, zero, strict=True):
        assert found is not None
        assert abs(found.value - true) < min(np.radians(0.7), max(4.5 * found.std, 1e-4))
    for found, true in zip(fit.gain, gain, strict=True):
        assert found is not None
        assert abs(found.value - true) < min(0.01, max(4.5 * found.std, 1e-4))
    assert fit.play is not None and fit.play.value == pytest.approx(play, abs=np.radians(0.15))
    assert fit.residual < 0.0012


def test_better_eyes_leave_less_uncertain() -> None:
    zero, gain = np.full(5, 0.02), np.full(5, 1.01)
    sharp = FixNoise(0.0001, np.radians(0.1))
    blurred = fit_calibration(KINEMATICS, visits(zero, gain, 0.01))
    fit = fit_calibration(KINEMATICS, visits(zero, gain, 0.01, noise=sharp), sharp)
    for clear, dim in zip(fit.zero, blurred.zero, strict=True):
        assert clear is not None and dim is not None
        assert clear.std < 0.6 * dim.std


def test_without_the_jaws_heading_the_roll_joint_is_not_observable() -> None:
    seen = [without(visit, 3) for visit in visits(np.full(5, 0.02), np.full(5, 1.01), 0.0)]
    fit = fit_calibration(KINEMATICS, seen)
    assert fit.unobservable == ("zero of joint 5", "gain of joint 5")
    assert fit.zero[4] is None and fit.zero[0] is not None


def test_one_pose_does_not_tell_every_parameter() -> None:
    few = visits(np.full(5, 0.02), np.full(5, 1.01), 0.0)[:2]
    assert {"gain of joint 2", "gain of joint 3"} <= set(
        fit_calibration(KINEMATICS, few).unobservable
    )


def test_a_slip_of_the_pen_is_outvoted() -> None:
    zero, gain = np.full(5, -0.03), np.full(5, 0.99)
    seen = visits(zero, gain, 0.0)
    seen[7].seen.values[0] += 0.1
    fit = fit_calibration(KINEMATICS, seen)
    for found, true in zip(fit.zero, zero, strict=True):
        assert found is not None and abs(found.value - true) < np.radians(1.0)


def test_tools_nobody_saw_are_no_calibration() -> None:
    seen = [without(visit, 0, 1, 2, 3) for visit in visits(np.zeros(5), np.ones(5), 0.0)[:4]]
    with pytest.raises(RobotError, match="at no visit was the tool seen"):
        fit_calibration(KINEMATICS, seen)


@settings(max_examples=30, deadline=None)
@given(q=st.lists(st.floats(-1.2, 1.2), min_size=5, max_size=5))
def test_the_derivative_of_what_is_seen_is_that_of_differences(q: list[float]) -> None:
    here = np.array(q)
    closing = KINEMATICS.forward(here)[:2, 1]
    if np.hypot(*closing) < 0.2:
        return  # jaws that point up have no heading
    jacobian, step = fix_jacobian(KINEMATICS, here), 1e-6
    for i in range(5):
        moved = here.copy()
        moved[i] += step
        change = fix_error(tool_fix(KINEMATICS, moved).values, tool_fix(KINEMATICS, here).values)
        np.testing.assert_allclose(change / step, jacobian[:, i], atol=2e-4)


def test_jaws_half_a_turn_apart_are_the_same() -> None:
    seen, expected = np.array([0.0, 0.0, 0.0, 1.5]), np.array([0.0, 0.0, 0.0, -1.6])
    assert fix_error(seen, expected)[3] == pytest.approx(3.1 - np.pi)
