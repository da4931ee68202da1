import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.play import Play

HALF = 0.005
STEPS = st.lists(st.floats(-0.02, 0.02), min_size=1, max_size=40)


def sides(path):
    play = Play(1, HALF)
    return np.array([play.side(np.array([position]))[0] for position in path])


@given(STEPS)
def test_a_joint_is_never_beyond_its_play(steps):
    assert np.abs(sides(np.cumsum(steps))).max() <= 1.0


@given(STEPS)
def test_turning_on_by_the_whole_play_takes_it_up_whatever_was_before(steps):
    path = np.cumsum(steps)
    assert sides([0.0, *path, path[-1] + 2 * HALF])[-1] == pytest.approx(1.0)
    assert sides([0.0, *path, path[-1] - 2 * HALF])[-1] == pytest.approx(-1.0)


def test_what_hangs_on_a_joint_stays_while_it_turns_back_within_its_play():
    path = np.array([0.0, 0.1, 0.1 - HALF, 0.1 - 2 * HALF, 0.05])
    outside = path - HALF * sides(path)
    assert np.allclose(outside[1:4], 0.1 - HALF)
    assert np.isclose(outside[4], 0.05 + HALF)


def test_joints_without_play_have_no_side():
    play = Play(2, 0.0)
    play.side(np.zeros(2))
    assert np.array_equal(play.side(np.ones(2)), np.zeros(2))
