import cv2
import numpy as np
import pytest
from marker_pictures import LENS, RIM, TAG, at, picture

from perception.edges import refine_corners
from perception.square_pose import square_corners


def corners_at(pose, side=TAG.tag):
    return LENS.project(square_corners(side) @ pose[:3, :3].T + pose[:3, 3])


def refined(grey, rough):
    corners, noise = refine_corners(grey, rough[None], 6, LENS)
    return corners[0], noise[0]


POSES = (at(0, 0, 0.35), at(-0.1, 0.08, 0.42, 0.4, 0.2, 0.5), at(0.08, -0.07, 0.33, 0, 0.5, 0.3))


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("blur", [0.3, 0.8, 1.2])
def test_corners_are_found_to_hundredths_of_a_pixel(pose, blur):
    true = corners_at(pose)
    rough = true + np.random.default_rng(1).uniform(-1.2, 1.2, (4, 2))
    found, _ = refined(picture((TAG, pose), blur=blur, noise=0.5), rough)
    assert np.abs(found - true).max() < 0.15
    assert np.sqrt(np.mean((found - true) ** 2)) < 0.08


def test_corners_of_the_white_rim_lead_to_those_of_the_black_square():
    pose = POSES[1]
    found, _ = refined(picture((TAG, pose)), corners_at(pose, TAG.tag + 2 * RIM))
    assert np.abs(found - corners_at(pose)).max() < 0.2


def test_a_finger_over_an_edge_does_not_bend_it():
    pose = POSES[0]
    true = corners_at(pose)
    grey = picture((TAG, pose))
    side = (true[0] + 0.35 * (true[1] - true[0])).astype(int)
    cv2.circle(grey, (int(side[0]), int(side[1])), 4, 150, -1)
    found, _ = refined(grey, true + 0.8)
    assert np.abs(found - true).max() < 0.25


def test_a_noisy_picture_is_trusted_less():
    pose = POSES[1]
    noise = [refined(picture((TAG, pose), noise=n), corners_at(pose) + 0.5)[1] for n in (1, 6, 15)]
    assert noise[0] < noise[1] < noise[2]


def test_the_noise_told_is_that_of_the_corners():
    pose = POSES[1]
    true = corners_at(pose)
    found = [refined(picture((TAG, pose), noise=5, seed=i), true + 0.5) for i in range(30)]
    spread = np.std([corners for corners, _ in found], axis=0).mean()
    told = np.mean([noise for _, noise in found])
    assert 0.5 < told / spread < 2.0
