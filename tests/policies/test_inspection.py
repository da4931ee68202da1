import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_episodes import episode_of

from policies.demonstrations.inspection import inspect_episode, jumps_of

RATE = 20.0
LIMIT = np.array([2.0, 2.0])


def moving(k: int, velocity: float = 1.0) -> np.ndarray:
    """Return k frames [k, 3] of two joints that turn at ``velocity`` [rad/s], and open jaws."""
    angles = velocity * np.arange(k)[:, None] / RATE
    return np.hstack([angles, -angles, np.full((k, 1), 0.05)])


def test_an_even_episode_has_nothing_to_tell():
    stamps = list(np.arange(40) / RATE)
    found = inspect_episode(episode_of(stamps, moving(40), moving(40)), RATE, LIMIT)
    assert (found.dropped, found.jumps, found.idle, found.slow) == (0, 0, (), False)
    assert found.rate == pytest.approx(RATE)


@given(lost=st.sets(st.integers(1, 38), max_size=30))
def test_every_frame_that_was_left_out_is_counted(lost):
    kept = [i for i in range(40) if i not in lost]
    rows = moving(40)[kept]
    found = inspect_episode(episode_of([i / RATE for i in kept], rows, rows), RATE, LIMIT)
    assert found.dropped == len(lost)
    assert found.jumps == 0
    assert found.slow == (found.rate < 0.9 * RATE)


@pytest.mark.parametrize("part", ["states", "actions"])
def test_a_jump_is_found_in_what_was_measured_and_in_what_was_told(part):
    rows = {"states": moving(40), "actions": moving(40)}
    rows[part][20:, 1] += 0.2
    episode = episode_of(list(np.arange(40) / RATE), **rows)
    assert list(jumps_of(episode, RATE, LIMIT)) == [20]
    assert inspect_episode(episode, RATE, None).jumps is None


def test_a_frame_that_comes_late_drops_none_and_the_next_is_no_jump():
    stamps = np.arange(40) / RATE
    stamps[20] += 0.045
    episode = episode_of(list(stamps), moving(40, 1.9), moving(40, 1.9))
    found = inspect_episode(episode, RATE, LIMIT)
    assert (found.jumps, found.dropped) == (0, 0)
    assert found.longest_gap == pytest.approx(0.095)


def test_an_arm_at_its_limit_whose_stamps_and_servos_are_uneven_does_not_jump():
    told, measured = moving(40, 2.0), moving(40, 2.0)
    told[20:, 0] += 0.008  # a command that was heard 4 ms later than its stamp says
    measured[20:, 0] += 0.03  # and a servo that catches up
    episode = episode_of(list(np.arange(40) / RATE), measured, told)
    assert len(jumps_of(episode, RATE, LIMIT)) == 0


def test_faster_playing_finds_more_jumps():
    episode = episode_of(list(np.arange(40) / RATE), moving(40), moving(40))
    assert len(jumps_of(episode, RATE, LIMIT, speed=1.9)) == 0
    assert len(jumps_of(episode, RATE, LIMIT, speed=2.3)) == 39


def test_a_stretch_in_which_nothing_moves_is_told_with_its_time():
    rows = moving(100)
    rows[40:70] = rows[40]
    episode = episode_of(list(np.arange(100) / RATE), rows, rows)
    ((begin, end),) = inspect_episode(episode, RATE, LIMIT).idle
    assert (begin, end) == (pytest.approx(2.0), pytest.approx(3.45))


def test_a_rate_below_the_limit_is_marked():
    stamps = [i / 15.0 for i in range(40)]
    episode = episode_of(stamps, moving(40), moving(40))
    assert inspect_episode(episode, RATE).slow
    assert not inspect_episode(episode, RATE, least_rate=14.0).slow
