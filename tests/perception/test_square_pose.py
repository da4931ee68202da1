import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marker_pictures import FACING, LENS

from perception.lens import Lens
from perception.rays import project, straighten
from perception.reprojection import Seen, fit_pose
from perception.rigid import difference, rotation_of, transform
from perception.square_pose import square_corners, square_poses
from perception.tracker import error_between

SIDE = 0.030


@st.composite
def poses(draw, tilt=60.0):
    azimuth, roll = (draw(st.floats(-np.pi, np.pi)) for _ in range(2))
    lean = np.radians(draw(st.floats(0.0, tilt)))
    turn = rotation_of(lean * np.array([np.cos(azimuth), np.sin(azimuth), 0.0]))
    z = draw(st.floats(0.2, 0.6))
    x, y = draw(st.floats(-0.4, 0.4)) * z, draw(st.floats(-0.3, 0.3)) * z
    return transform(FACING @ turn @ rotation_of(np.array([0, 0, roll])), np.array([x, y, z]))


def seen(pose):
    return LENS.project(square_corners(SIDE) @ pose[:3, :3].T + pose[:3, 3])


def fitted(pixels, noise, start):
    points = Seen(square_corners(SIDE), pixels, np.full(4, noise), np.zeros((4, 3)))
    return fit_pose(points, LENS, start)


@given(st.floats(0, 639), st.floats(0, 479), st.floats(-0.45, 0.15), st.floats(0.0, 0.1))
def test_a_pixel_comes_back_from_its_ray(x, y, k1, k2):
    lens = Lens(LENS.matrix, np.array([k1, k2, 0.001, -0.001, 0.0]), LENS.size)
    pixel = np.array([[x, y]])
    assert np.abs(project(lens, straighten(lens, pixel)) - pixel).max() < 2e-3


@given(poses())
@settings(max_examples=60, deadline=None)
def test_the_true_pose_is_one_of_the_two(pose):
    fits = square_poses(seen(pose), SIDE, 0.1, LENS)
    assert len(fits) == 2
    shift, turn = min((difference(fit.pose, pose) for fit in fits), key=sum)
    assert shift < 1e-5
    assert turn < 1e-3


@given(poses())
@settings(max_examples=60, deadline=None)
def test_the_better_of_the_two_comes_first(pose):
    first, second = square_poses(seen(pose), SIDE, 0.1, LENS)
    assert first.chi2 <= second.chi2
    assert first.reprojection < 1e-3


def test_a_small_far_square_leaves_two_poses_that_fit_alike():
    pose = transform(FACING @ rotation_of(np.array([0.3, 0, 0])), np.array([0, 0, 1.2]))
    first, second = square_poses(seen(pose), SIDE, 0.1, LENS)
    assert difference(first.pose, second.pose)[1] > 0.4
    assert second.reprojection < 0.1


@pytest.mark.parametrize("noise", [0.03, 0.2])
def test_errors_are_as_large_as_the_covariance_says(noise):
    """The normalised squared error has the mean of chi2 with six degrees of freedom."""
    random = np.random.default_rng(3)
    squares = []
    for _ in range(200):
        lean = rotation_of(np.append(random.uniform(0.5, 0.9, 2) * random.choice([-1, 1], 2), 0))
        pose = transform(FACING @ lean, np.array([*random.uniform(-0.1, 0.1, 2), 0.4]))
        pixels = seen(pose) + random.normal(0.0, noise, (4, 2))
        fit = fitted(pixels, noise, pose)
        miss = error_between(fit.pose, pose)
        squares.append(miss @ np.linalg.solve(fit.covariance, miss))
    assert 5.0 < np.mean(squares) < 7.2
    assert np.mean(np.array(squares) > 12.59) < 0.11  # 5 % of chi2 are


@given(poses(), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_the_fit_returns_from_a_knock(pose, axis):
    knock = np.zeros(6)
    knock[axis] = 0.01 if axis < 3 else 0.1
    start = transform(rotation_of(knock[3:]) @ pose[:3, :3], pose[:3, 3] + knock[:3])
    fit = fitted(seen(pose), 0.1, start)
    assert fit.reprojection < 2.0  # the second pose at worst
    assert fit.pose[2, 3] > 0
