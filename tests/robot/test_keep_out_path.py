import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.command import JointCommand, Vector
from robot.keep_out_path import ALLOWANCE, PathGuard
from robot.model import load_arm
from robot.trajectory import MotionLimiter

MODEL = load_arm("dofbot")
DT = 0.01
ABOVE = np.array([-0.726, 1.404, 0.488, 0.267, 1.064])
BEYOND = np.array([-1.129, 1.57, 0.661, -0.313, 0.667])
SLACK = 2e-4  # [m] of arc between the samples of a braking way


def depths(q: Vector) -> Vector:
    return np.array(MODEL.keep_out.depths(MODEL.kinematics.points(q)))


def travel(start: Vector, targets: list[Vector], *, guarded: bool = True) -> list[Vector]:
    """Return the way to each of ``targets`` in turn, half a second for each."""
    guard, motion = PathGuard(MODEL), MotionLimiter(MODEL)
    motion.reset(start, 0.03)
    guard.reset(start)
    way = []
    for target in targets:
        for _ in range(50):
            trial = motion.copy()
            trial.step(JointCommand(target, 0.03), DT)
            if not guarded or guard.admits(trial, motion.command.positions):
                motion = trial
            else:
                motion.hold(DT)
            way.append(motion.command.positions)
    return way


def worst(way: list[Vector]) -> Vector:
    deepest: Vector = np.max([depths(q) for q in way], axis=0)
    return deepest


def test_a_way_between_two_free_poses_does_not_dip_into_the_table() -> None:
    assert not depths(ABOVE).any() and not depths(BEYOND).any()
    assert worst(travel(ABOVE, [BEYOND], guarded=False))[0] > 0.03, "as the limits alone let it"
    assert (worst(travel(ABOVE, [BEYOND])) <= ALLOWANCE + SLACK).all()


poses = st.tuples(
    *(st.floats(float(a), float(b)) for a, b in zip(MODEL.lower, MODEL.upper, strict=True))
).map(np.array)
LOW = st.sampled_from([ABOVE, BEYOND, MODEL.rest, MODEL.home])


@settings(max_examples=60, deadline=None)
@given(poses | LOW, st.lists(poses | LOW, min_size=1, max_size=3))
def test_no_way_leads_deeper_than_its_start(start: Vector, targets: list[Vector]) -> None:
    allowed = np.maximum(depths(start), ALLOWANCE)
    assert (worst(travel(start, targets)) <= allowed + SLACK).all()


def test_an_arm_inside_can_leave_but_not_come_back_in() -> None:
    inside = np.array([0.0, 1.3, 0.7, 0.4, 0.0])
    assert 0.01 < depths(inside)[0] < 0.03
    way = travel(inside, [MODEL.home] * 2)
    np.testing.assert_allclose(way[-1], MODEL.home, atol=1e-9)
    assert (worst(travel(MODEL.home, [inside] * 3)) <= ALLOWANCE + SLACK).all()


def test_what_is_free_goes_unhindered() -> None:
    free, guarded = (travel(MODEL.home, [MODEL.rest], guarded=guard) for guard in (False, True))
    np.testing.assert_array_equal(free[-1], guarded[-1])


def test_braking_ends_where_holding_does() -> None:
    motion = MotionLimiter(MODEL)
    motion.reset(MODEL.home, 0.03)
    for _ in range(9):
        motion.step(JointCommand(np.array([1.0, -1.0, 0.3, 0.02, -0.5]), 0.03), DT)
    before = motion.command.positions
    way = motion.braking(5)
    np.testing.assert_array_equal(motion.command.positions, before)
    other = motion.copy()
    other.hold(10.0)
    assert way.shape == (5, MODEL.n)
    np.testing.assert_allclose(way[-1], other.command.positions, atol=1e-9)
    np.testing.assert_array_equal(motion.command.positions, before)
