import numpy as np
import pytest
from hand_eye_sets import LENS, MODEL, NOMINAL, POINTS, TRIPOD, WRIST, lying, plan

from perception.errors import CalibrationRefusedError
from perception.hand_eye_model import HandEyeView, Setup
from perception.hand_eye_start import check_spread
from perception.pose_plan import in_view, plan_poses
from perception.pose_sweep import Sweep
from perception.rigid import transform
from robot.viewpoints import SIDE
from robot.way import clear_way, is_clear

HELD = transform(np.diag([1.0, -1.0, -1.0]), [0, 0, 0.02] - np.diag([1, -1, -1]) @ POINTS.mean(0))


def view_at(pose):
    return HandEyeView(pose, np.zeros(MODEL.n), POINTS, POINTS[:, :2])


def test_every_planned_pose_is_clear_from_both_sides_with_the_board_in_view():
    points = plan()
    assert len(points) == 20
    here = MODEL.home
    for point in points:
        for side in (-SIDE, 0.0, SIDE):
            assert is_clear(MODEL, point.pose + side * point.side)
        assert in_view(LENS, WRIST.T_camera_board(NOMINAL, view_at(point.pose)), POINTS)
        assert clear_way(MODEL, here, point.pose)
        here = point.pose


def test_planned_poses_turn_about_both_axes_and_leave_the_roll_at_home():
    poses = np.array([point.pose for point in plan()])
    check_spread(WRIST, [view_at(pose) for pose in poses])
    assert np.ptp(poses[:, 0]) > 0.7
    assert (poses[:, 4] == MODEL.home[4]).all()


def test_the_same_plan_every_time():
    again = plan_poses(MODEL, WRIST, NOMINAL, POINTS, 20)
    assert all(np.array_equal(a.pose, b.pose) for a, b in zip(plan(), again, strict=True))


def test_a_board_out_of_reach_is_refused_with_where_it_belongs():
    far = Setup.of(NOMINAL.T_parent_camera, lying(0.9, 0.0), MODEL.n)
    with pytest.raises(CalibrationRefusedError, match=r"in view at \d+ poses.*220 mm"):
        plan_poses(MODEL, WRIST, far, POINTS, 20)


@pytest.mark.parametrize(
    ("T_camera_board", "seen"),
    [
        (transform(np.eye(3), [-0.09, -0.12, 0.35]), True),
        (transform(np.eye(3), [-0.09, -0.12, 0.08]), False),  # too near
        (transform(np.eye(3), [-0.09, -0.12, 0.60]), False),  # too far
        (transform(np.eye(3), [-0.09, -0.12, -0.35]), False),  # behind
        (transform(np.eye(3), [0.25, -0.12, 0.35]), False),  # beside
        (transform(np.diag([-1.0, 1.0, -1.0]), [0.09, -0.12, 0.35]), False),  # from behind it
    ],
)
def test_only_a_board_that_is_seen_well_is_in_view(T_camera_board, seen):
    assert in_view(LENS, T_camera_board, POINTS) == seen


def test_a_sweep_keeps_a_held_board_off_the_table_and_returns_to_where_it_was_seen():
    sweep = Sweep(MODEL, TRIPOD, HELD, POINTS)
    first = sweep.next()
    sweep.seen(first)
    for _ in range(10):
        point = sweep.next()
        T_base_board = TRIPOD.chain.pose(point.pose) @ HELD
        heights = (POINTS @ T_base_board[:3, :3].T + T_base_board[:3, 3])[:, 2]
        assert heights.min() > MODEL.table_height + 0.02
        assert is_clear(MODEL, point.pose)
        assert np.abs(point.pose - first.pose).max() < 2.0
