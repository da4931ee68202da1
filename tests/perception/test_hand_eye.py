from dataclasses import replace
from math import degrees, radians

import numpy as np
import pytest
from hand_eye_sets import (
    LENS,
    MODEL,
    NONE,
    POINTS,
    TRIPOD,
    WRIST,
    Errors,
    as_read_by_joint,
    board_shifted,
    place_errors,
    plan,
    tripod_set,
    views,
    wrist_set,
)

from perception.errors import CalibrationRefusedError
from perception.hand_eye import calibrate_hand_eye, check_still
from perception.hand_eye_model import HandEyeView, Rig
from perception.hand_eye_start import board_pose, check_spread, closed_form
from perception.lens import Lens
from perception.rigid import difference, rotation_of, vector_of
from robot.link_chain import LinkChain
from robot.viewpoints import Viewpoint


@pytest.mark.parametrize(("rig", "make"), [(WRIST, wrist_set), (TRIPOD, tripod_set)])
def test_derivatives_are_those_of_the_projection(rig, make):
    truth, seen = make(3, count=6)
    view = seen[2]
    jacobian, by_joint = rig.linearised(truth, view)
    step = 1e-6
    for column in range(jacobian.shape[1]):
        unit = step * np.eye(jacobian.shape[1])[column]
        up, down = (rig.residual(truth.stepped(s * unit), view).ravel() for s in (1, -1))
        assert np.allclose(jacobian[:, column], (down - up) / (2 * step), atol=1e-2), column
    assert np.allclose(by_joint, jacobian[:, 12 : 12 + MODEL.n])
    larger, smaller = (replace(view, points=view.points * np.exp(s * step)) for s in (1, -1))
    by_size = (rig.residual(truth, smaller) - rig.residual(truth, larger)).ravel() / (2 * step)
    assert np.allclose(rig.by_size(truth, view), by_size, atol=1e-2)


@pytest.mark.parametrize(("rig", "make"), [(WRIST, wrist_set), (TRIPOD, tripod_set)])
def test_the_closed_form_is_exact_without_noise(rig, make):
    truth, seen = make(1, NONE, 8)
    places = [rig.T_parent_other(view.measured) for view in seen]
    camera, board = closed_form(places, [board_pose(view, LENS)[0] for view in seen])
    assert difference(camera, truth.T_parent_camera)[0] < 1e-5
    assert difference(camera, truth.T_parent_camera)[1] < 1e-4
    assert difference(board, truth.T_other_board)[0] < 1e-4


def test_two_axes_of_turning_suffice_although_roll_never_moves_the_camera():
    turned = [WRIST.chain.pose(viewpoint.pose)[:3, :3] for viewpoint in plan()]
    lean = [turn[:, 1] @ [0.0, 0.0, 1.0] for turn in turned]
    assert np.allclose(lean, 0.0), "the link's y axis stays level: yaw and pitch are all there is"
    truth, seen = wrist_set(5, NONE)
    found = calibrate_hand_eye(WRIST, seen)
    shift, turn = place_errors(truth, found)
    assert shift < 2e-5 and turn < radians(0.005)


@pytest.mark.parametrize(("rig", "make"), [(WRIST, wrist_set), (TRIPOD, tripod_set)])
def test_a_camera_is_found_although_servos_err(rig, make):
    errors = []
    for seed in range(4):
        truth, seen = make(seed)
        errors.append(place_errors(truth, calibrate_hand_eye(rig, seen)))
    shift, turn = np.array(errors).T
    assert np.median(shift) < 1e-3 and degrees(np.median(turn)) < 0.2
    assert shift.max() < 3e-3 and degrees(turn.max()) < 0.5


def test_joints_that_err_by_a_degree_do_not_spoil_the_camera():
    bad = Errors(zero=radians(1.0), gain=0.01, play=radians(1.0), joint=radians(0.15))
    for seed in range(3):
        truth, seen = wrist_set(seed, bad)
        shift, turn = place_errors(truth, calibrate_hand_eye(WRIST, seen))
        believed = closed_form(
            [WRIST.T_parent_other(view.measured) for view in seen],
            [board_pose(view, LENS)[0] for view in seen],
        )[0]
        assert shift < 3e-3 and degrees(turn) < 0.7
        assert shift < difference(believed, truth.T_parent_camera)[0]


@pytest.mark.parametrize("size", [0.97, 1.03])
@pytest.mark.parametrize(("rig", "make"), [(WRIST, wrist_set), (TRIPOD, tripod_set)])
def test_a_board_that_was_printed_in_another_size_is_refused_with_the_mend(rig, make, size):
    _, seen = make(1)
    named = [replace(view, points=view.points / size) for view in seen]
    said = f"the board is {size:.0%} of the size.*rulers on the print, and give --square-mm"
    with pytest.raises(CalibrationRefusedError, match=said):
        calibrate_hand_eye(rig, named)


def test_the_covariance_is_as_wide_as_the_errors_are():
    normalised = []
    for seed in range(8):
        truth, seen = wrist_set(seed, count=12)
        found = calibrate_hand_eye(WRIST, seen)
        a, b = truth.T_parent_camera, found.setup.T_parent_camera
        error = np.append(b[:3, 3] - a[:3, 3], vector_of(b[:3, :3] @ a[:3, :3].T))
        normalised.append(error @ np.linalg.solve(found.covariance, error))
    assert 2.0 < np.mean(normalised) < 12.0, "six numbers: 6 is to be expected"
    assert np.linalg.eigvalsh(found.covariance).min() > 0.0


def test_the_scatter_of_the_joints_is_found():
    _, seen = wrist_set(2, Errors(joint=radians(0.2)))
    found = calibrate_hand_eye(WRIST, seen)
    assert degrees(found.joint_noise) == pytest.approx(0.2, abs=0.05)
    assert found.corner_noise == pytest.approx(0.28, abs=0.06), "0.2 px along each axis"


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_what_no_joint_explains_does_not_pass_for_joints_that_scatter(seed):
    truth, seen = wrist_set(seed, Errors(joint=radians(0.01), pixel=0.05))
    random, centre = np.random.default_rng(seed), LENS.matrix[:2, 2]
    rolled = []
    for pair in zip(seen[::2], seen[1::2], strict=True):
        angle = random.normal(0.0, radians(0.15))
        turn = rotation_of(np.array([0.0, 0.0, angle]))[:2, :2]
        rolled += [replace(one, pixels=(one.pixels - centre) @ turn.T + centre) for one in pair]
    found = calibrate_hand_eye(WRIST, rolled)
    assert degrees(found.joint_noise) < 0.2
    assert place_errors(truth, found)[0] < 3.5e-3


def test_a_zero_error_before_the_camera_cannot_be_told_from_a_turned_mount():
    joint = WRIST.chain.turned_by[-1]
    truth, seen = wrist_set(4, NONE)
    lied = [
        replace(view, measured=view.measured - radians(1.0) * np.eye(MODEL.n)[joint])
        for view in seen
    ]
    found = calibrate_hand_eye(WRIST, lied)
    expected = as_read_by_joint(truth.T_parent_camera, WRIST.chain, joint, radians(1.0))
    assert difference(found.setup.T_parent_camera, expected)[0] < 1e-4
    assert found.pixels < 0.01
    there = seen[0].measured, lied[0].measured
    cameras = [
        WRIST.chain.pose(there[0]) @ truth.T_parent_camera,
        WRIST.chain.pose(there[1]) @ found.setup.T_parent_camera,
    ]
    assert difference(*cameras)[0] < 1e-4, "where the joints read, the camera is right"


def test_views_that_disagree_are_left_out_and_named():
    truth, seen = wrist_set(7)
    for number, shift in ((5, 0.05), (6, -0.03), (20, 0.08)):
        seen[number] = board_shifted(seen[number], WRIST, truth, np.array([shift, 0, 0, 0, 0, 0.2]))
    found = calibrate_hand_eye(WRIST, seen)
    assert {5, 6, 20} <= set(found.rejected) and len(found.rejected) <= 5
    shift, turn = place_errors(truth, found)
    assert shift < 2e-3 and degrees(turn) < 0.4


def test_a_board_that_moved_in_the_middle_is_refused():
    truth, seen = wrist_set(8)
    half = len(seen) // 2
    seen[half:] = [
        board_shifted(view, WRIST, truth, np.array([0.03, 0.01, 0, 0, 0, 0.1]))
        for view in seen[half:]
    ]
    with pytest.raises(CalibrationRefusedError, match="the views do not fit together"):
        calibrate_hand_eye(WRIST, seen)
    with pytest.raises(CalibrationRefusedError, match=r"moved during the run, by [34][0-9] mm"):
        again = replace(seen[0], pixels=board_shifted(
            seen[0], WRIST, truth, np.array([0.03, 0.01, 0, 0, 0, 0.1])).pixels)  # fmt: skip
        check_still(seen[0], again, WRIST)
    check_still(seen[0], seen[0], WRIST)


def test_a_lens_of_another_camera_is_refused():
    _, seen = wrist_set(9)
    matrix = np.array([[330.0, 0.0, 320.0], [0.0, 330.0, 240.0], [0.0, 0.0, 1.0]])
    other = Lens(matrix, 0.0 * LENS.distortion, LENS.size)
    with pytest.raises(CalibrationRefusedError, match=r"do not fit together.*another camera's"):
        calibrate_hand_eye(Rig(WRIST.chain, other, camera_moves=True), seen)


def test_an_arm_that_is_not_the_one_is_refused():
    _, seen = wrist_set(9)
    turned = [replace(view, measured=view.measured * [1, 1, -1, 1, 1]) for view in seen]
    with pytest.raises(CalibrationRefusedError, match="do not fit together"):
        calibrate_hand_eye(WRIST, turned)


@pytest.mark.parametrize(
    ("still", "said"),
    [
        ([0], "turns about the vertical by 0 deg.*base turned to both sides.*joint 1 turned 0 deg"),
        ([1, 2, 3], "turns about level axes by 0 deg.*at a slant"),
        ([0, 1, 2, 3], "too similar"),
    ],
)
def test_poses_that_lack_an_axis_are_refused_with_what_is_missing(still, said):
    _, seen = wrist_set(1, NONE)
    pose = seen[0].measured
    held = [np.where(np.isin(np.arange(MODEL.n), still), pose, view.measured) for view in seen]
    with pytest.raises(CalibrationRefusedError, match=said):
        check_spread(WRIST, [replace(v, measured=q) for v, q in zip(seen, held, strict=True)])


def test_two_axes_that_only_turn_together_are_not_two():
    random = np.random.default_rng(0)
    chain = LinkChain(MODEL, "tool")
    poses = [np.array([0.0, 0.8, 0.8, 0.0, angle]) for angle in random.uniform(-1, 1, 12)]
    seen = [HandEyeView(pose, 0 * pose, POINTS, POINTS[:, :2]) for pose in poses]
    with pytest.raises(CalibrationRefusedError, match=r"about (a second|level|the vertical)"):
        check_spread(Rig(chain, LENS, camera_moves=True), seen)


def test_too_few_views_are_refused():
    _, seen = wrist_set(1, NONE)
    with pytest.raises(CalibrationRefusedError, match="5 views of the board are too few"):
        calibrate_hand_eye(WRIST, seen[::8][:5])


def test_a_view_with_too_few_points_is_refused():
    _, seen = wrist_set(1, NONE)
    seen[3] = replace(seen[3], points=seen[3].points[:4], pixels=seen[3].pixels[:4])
    with pytest.raises(CalibrationRefusedError, match="4 points of the board; it takes 6"):
        calibrate_hand_eye(WRIST, seen)


def test_the_set_is_what_a_hidden_setup_shows():
    truth, seen = wrist_set(2, NONE)
    again = views(WRIST, truth, [Viewpoint(seen[0].measured, seen[0].side)], POINTS,
                  np.random.default_rng(0), NONE)[0]  # fmt: skip
    assert np.allclose(again.pixels, seen[0].pixels)
    assert WRIST.residual(truth, seen[0]) == pytest.approx(0.0, abs=1e-9)
