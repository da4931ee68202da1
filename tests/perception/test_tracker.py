import numpy as np
import pytest
from marker_pictures import at

from perception.rigid import difference, moved, rotation_of, transform
from perception.tracker import Tracker, error_between, position_std, turned

POSE = at(0.1, -0.05, 0.4, 0.3, 0.2, 0.1)
COVARIANCE = np.diag(np.repeat([1e-3, np.radians(1.0)], 3) ** 2)


def noisy(random, pose=POSE, scale=1.0):
    return moved(pose, scale * random.multivariate_normal(np.zeros(6), COVARIANCE))


def test_a_target_at_rest_is_known_better_with_every_sighting():
    random, tracker = np.random.default_rng(0), Tracker()
    for i in range(60):
        assert tracker.add(noisy(random), COVARIANCE, i / 30)
    track = tracker.at(60 / 30)
    assert difference(track.pose, POSE)[0] < 5e-4
    assert 0.7e-3 < track.position_std < 0.85e-3  # what all sightings share is left


def test_the_filters_errors_are_as_large_as_its_covariance_says():
    random, squares = np.random.default_rng(1), []
    for _ in range(150):
        tracker = Tracker()
        common = noisy(random, scale=0.5**0.5)
        for i in range(10):  # too short for any drift
            tracker.add(noisy(random, common, 0.5**0.5), COVARIANCE, i / 1000)
        track = tracker.at(0.009)
        miss = error_between(track.pose, POSE)
        squares.append(miss @ np.linalg.solve(track.covariance, miss))
    assert 5.0 < np.mean(squares) < 7.2


def test_one_outlier_changes_nothing():
    tracker = Tracker()
    for i in range(5):
        tracker.add(POSE, COVARIANCE, i / 30)
    assert not tracker.add(moved(POSE, np.array([0.03, 0, 0, 0, 0, 0])), COVARIANCE, 5 / 30)
    assert difference(tracker.at(6 / 30).pose, POSE)[0] < 1e-9


def test_outliers_at_different_places_are_never_believed():
    random, tracker = np.random.default_rng(2), Tracker(lost_after=10.0)
    tracker.add(POSE, COVARIANCE, 0.0)
    for i in range(1, 12):
        step = np.zeros(6)
        step[:3] = random.choice([-1, 1], 3) * random.uniform(0.05, 0.3, 3)
        assert not tracker.add(moved(POSE, step), COVARIANCE, i / 30)


def test_a_target_that_was_moved_is_believed_after_three_sightings():
    tracker, there = Tracker(), moved(POSE, np.array([0.05, 0, 0, 0, 0, 0.5]))
    tracker.add(POSE, COVARIANCE, 0.0)
    assert [tracker.add(there, COVARIANCE, i / 30) for i in (1, 2, 3)] == [False, False, True]
    assert difference(tracker.at(0.1).pose, there)[0] < 1e-9


def test_sightings_out_of_order_are_not_believed():
    tracker = Tracker()
    tracker.add(POSE, COVARIANCE, 2.0)
    assert not tracker.add(POSE, COVARIANCE, 1.9)
    assert not tracker.add(POSE, COVARIANCE, 2.0)


def test_a_target_out_of_sight_is_lost_and_ever_less_certain():
    tracker = Tracker(lost_after=0.5)
    assert tracker.at(0.0) is None
    tracker.add(POSE, COVARIANCE, 1.0)
    soon, late = tracker.at(1.4), tracker.at(3.0)
    assert not soon.lost
    assert late.lost
    assert late.unseen == pytest.approx(2.0)
    assert late.position_std > soon.position_std


def test_a_lost_target_is_believed_wherever_it_comes_back():
    tracker, there = Tracker(lost_after=0.5), moved(POSE, np.array([0.2, 0, 0, 0, 0, 1.0]))
    tracker.add(POSE, COVARIANCE, 0.0)
    assert tracker.add(there, COVARIANCE, 1.0)


def test_a_covariance_turns_with_its_frame():
    turn = transform(rotation_of(np.array([0, 0, np.pi / 2])), np.array([1.0, 2.0, 3.0]))
    along_x = np.diag([4.0, 1, 1, 1, 1, 9])
    assert np.allclose(turned(along_x, turn), np.diag([1.0, 4, 1, 1, 1, 9]))
    assert position_std(along_x) == 2.0
