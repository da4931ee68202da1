import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from robot.command import JointCommand
from robot.model import load_arm
from robot.trajectory import JointTrajectory, MotionLimiter

MODEL = load_arm("dofbot")
OPEN = MODEL.gripper.max_opening
ROUNDING = 1e-9

angles = st.lists(st.floats(-1.5, 1.5), min_size=5, max_size=5).map(np.array)
openings = st.floats(MODEL.gripper.min_opening, OPEN)
commands = st.builds(JointCommand, angles, openings)
periods = st.floats(1e-4, 0.3)
plans = st.lists(st.tuples(commands, st.integers(1, 12)), min_size=1, max_size=6)


def limiter(positions: np.ndarray, gripper: float = OPEN, scale: float = 1.0) -> MotionLimiter:
    motion = MotionLimiter(MODEL, velocity_scale=scale)
    motion.reset(positions, gripper)
    return motion


@given(angles, plans, st.data())
def test_speed_and_acceleration_stay_within_limits_however_targets_jump(
    start: np.ndarray, plan: list[tuple[JointCommand, int]], data: st.DataObject
) -> None:
    motion = limiter(start)
    for target, steps in plan:
        for _ in range(steps):
            dt = data.draw(periods)
            before, speed = motion.command, motion.velocity
            after = motion.step(target, dt)
            assert (np.abs(motion.velocity) <= MODEL.max_velocity + ROUNDING).all()
            change = np.abs(motion.velocity - speed)
            assert (change <= MODEL.max_acceleration * dt + ROUNDING).all()
            moved = np.abs(after.positions - before.positions)
            assert (moved <= MODEL.max_velocity * dt + ROUNDING).all()
            assert abs(after.gripper - before.gripper) <= (
                MODEL.gripper.max_opening_velocity * dt + ROUNDING
            )


@given(angles, plans, periods)
def test_positions_agree_with_the_velocities_reported(
    start: np.ndarray, plan: list[tuple[JointCommand, int]], dt: float
) -> None:
    """Over a step the mean speed differs from its ends by at most what acceleration allows."""
    motion = limiter(start)
    for target, steps in plan:
        for _ in range(steps):
            x, v = motion.command.positions, motion.velocity
            mean = (motion.step(target, dt).positions - x) / dt
            low, high = np.minimum(v, motion.velocity), np.maximum(v, motion.velocity)
            slack = MODEL.max_acceleration * dt + ROUNDING / dt
            assert (mean >= low - slack).all() and (mean <= high + slack).all()


@given(angles, commands, periods)
def test_a_target_is_met_exactly_and_never_overshot(
    start: np.ndarray, target: JointCommand, dt: float
) -> None:
    dt = max(dt, 0.005)
    motion = limiter(start)
    side = np.sign(target.positions - start)
    for _ in range(int(4.0 / dt) + 1):
        reached = motion.step(target, dt)
        assert (side * (target.positions - reached.positions) >= -ROUNDING).all()
    np.testing.assert_array_equal(reached.positions, target.positions)
    assert reached.gripper == target.gripper
    assert not motion.velocity.any()


@given(angles, plans, periods)
def test_the_way_never_leaves_the_span_of_start_and_targets(
    start: np.ndarray, plan: list[tuple[JointCommand, int]], dt: float
) -> None:
    corners = np.array([start, *(target.positions for target, _ in plan)])
    low, high = corners.min(axis=0) - ROUNDING, corners.max(axis=0) + ROUNDING
    motion = limiter(start)
    for target, steps in plan:
        for _ in range(steps):
            positions = motion.step(target, dt).positions
            assert (positions >= low).all() and (positions <= high).all()


@given(angles, commands, st.lists(periods, min_size=1, max_size=30))
def test_where_the_arm_is_does_not_depend_on_how_time_is_cut(
    start: np.ndarray, target: JointCommand, cuts: list[float]
) -> None:
    many, one = limiter(start), limiter(start)
    for dt in cuts:
        many.step(target, dt)
    one.step(target, sum(cuts))
    np.testing.assert_allclose(many.command.positions, one.command.positions, atol=1e-7)


def test_a_long_way_takes_the_time_of_the_fastest_trapezoid() -> None:
    motion, target = limiter(np.zeros(5)), JointCommand(np.full(5, 1.5), OPEN)
    top, acceleration = 2.45, 12.0
    duration = 1.5 / top + top / acceleration
    motion.step(target, duration - 1e-3)
    assert motion.velocity.any()
    motion.step(target, 1.1e-3)
    assert not motion.velocity.any()


@given(angles, commands, st.floats(0.0, 1.0), periods)
def test_hold_brakes_within_limits_and_then_stands_still(
    start: np.ndarray, target: JointCommand, moving: float, dt: float
) -> None:
    motion = limiter(start)
    motion.step(target, moving)
    dt = max(dt, 0.005)
    for _ in range(int(0.3 / dt) + 1):
        x, v = motion.command.positions, motion.velocity
        motion.hold(dt)
        assert (np.abs(motion.velocity) <= np.abs(v) + ROUNDING).all()
        assert (np.abs(motion.velocity - v) <= MODEL.max_acceleration * dt + ROUNDING).all()
        assert ((motion.command.positions - x) * v >= -ROUNDING).all(), "turned back"
    assert not motion.velocity.any()
    held = motion.command
    assert held.positions.tolist() == motion.hold(10.0).positions.tolist()


def test_a_velocity_scale_slows_joints_and_jaws_alike() -> None:
    motion, target = limiter(np.zeros(5), scale=0.1), JointCommand(np.ones(5), 0.01)
    motion.step(target, 0.2)
    np.testing.assert_allclose(motion.velocity, 0.1 * MODEL.max_velocity)
    closed = OPEN - motion.command.gripper
    assert closed == pytest.approx(0.02 * MODEL.gripper.max_opening_velocity)


@pytest.mark.parametrize("scale", [0.0, -1.0, 1.01, np.nan])
def test_a_velocity_scale_outside_its_range_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="velocity_scale"):
        MotionLimiter(MODEL, velocity_scale=scale)
    with pytest.raises(ValueError, match="velocity_scale"):
        JointTrajectory(MODEL.home, MODEL.rest, MODEL, velocity_scale=scale)


@given(angles, angles, st.floats(0.05, 1.0))
def test_a_trajectory_starts_and_arrives_exactly_and_at_rest(
    start: np.ndarray, goal: np.ndarray, scale: float
) -> None:
    path = JointTrajectory(start, goal, MODEL, velocity_scale=scale)
    for t, expected in [(-1.0, start), (0.0, start), (path.duration, goal), (1e3, goal)]:
        positions, velocities = path.sample(t)
        np.testing.assert_allclose(positions, expected, atol=1e-12)
        np.testing.assert_allclose(velocities, 0.0, atol=1e-12)


@given(angles, angles, st.floats(0.05, 1.0))
def test_all_joints_of_a_trajectory_keep_to_the_straight_line_within_limits(
    start: np.ndarray, goal: np.ndarray, scale: float
) -> None:
    path = JointTrajectory(start, goal, MODEL, velocity_scale=scale)
    times = np.linspace(0.0, path.duration, 50)
    positions, velocities = map(np.array, zip(*map(path.sample, times), strict=True))
    span = goal - start
    longest = int(np.argmax(np.abs(span)))
    assume(span[longest] != 0.0)
    part = (positions[:, longest] - start[longest]) / span[longest]
    np.testing.assert_allclose(positions, start + part[:, None] * span, atol=1e-9)
    assert (np.abs(velocities) <= scale * MODEL.max_velocity + ROUNDING).all()
    change = np.abs(np.diff(velocities, axis=0))
    assert (change <= MODEL.max_acceleration * times[1] + ROUNDING).all()


def test_some_limit_of_a_trajectory_is_used_in_full() -> None:
    path = JointTrajectory(np.zeros(5), np.array([1.5, 0.1, 0.0, -1.5, 0.3]), MODEL)
    _, velocities = path.sample(0.5 * path.duration)
    assert np.abs(velocities).max() == pytest.approx(2.45)
    assert path.duration == pytest.approx(1.5 / 2.45 + 2.45 / 12.0)


def test_a_way_too_short_for_full_speed_takes_the_time_of_a_triangle() -> None:
    path = JointTrajectory(np.zeros(5), np.array([0.0, 0.03, 0.0, 0.0, 0.0]), MODEL)
    assert path.duration == pytest.approx(2.0 * np.sqrt(0.03 / 12.0))
    positions, velocities = path.sample(0.5 * path.duration)
    assert positions[1] == pytest.approx(0.015)
    assert velocities[1] == pytest.approx(np.sqrt(0.03 * 12.0))


def test_a_trajectory_to_where_the_arm_is_takes_no_time() -> None:
    path = JointTrajectory(MODEL.home, MODEL.home, MODEL)
    assert path.duration == 0.0
    np.testing.assert_array_equal(path.sample(0.0)[0], MODEL.home)
