import os

import numpy as np
import pytest

from policies.engine.shared import SharedArrays
from policies.engine.team import Team, TeamError


class Counter:
    """Each process writes its rank; after all have met, each adds up what all wrote."""

    def __init__(self, factor, place, rank, size, meet):
        self.factor, self.rank, self.meet = factor, rank, meet
        self.written = place(np.zeros(size))
        self.sums = place(np.zeros(size))
        self.pids = place(np.zeros(size, np.int64))
        self.order = place(np.zeros(1))

    def __call__(self):
        self.pids[self.rank] = os.getpid()
        self.written[self.rank] = self.factor * (self.rank + 1) * self.order[0]
        self.meet()
        self.sums[self.rank] = self.written.sum()
        if self.order[0] < 0:
            os._exit(1)


def test_members_meet_before_they_read_each_other():
    team = Team(3, Counter, 10.0)
    for order in range(1, 50):
        team.step(lambda o=order: team.member.order.__setitem__(0, o))
        np.testing.assert_array_equal(team.member.sums, 60.0 * order)
    assert len(set(team.member.pids)) == 3
    assert team.member.pids[0] == os.getpid()
    team.close()


def test_a_team_of_one_starts_no_process():
    team = Team(1, Counter, 1.0)
    team.step(lambda: team.member.order.__setitem__(0, 2.0))
    assert team.member.sums.tolist() == [2.0]
    assert team.member.pids.tolist() == [os.getpid()]


def test_a_member_that_dies_is_reported_and_replaced():
    team = Team(2, Counter, 1.0)
    team.step(lambda: team.member.order.__setitem__(0, 1.0))
    first = team.member.pids[1]
    os.kill(first, 9)
    with pytest.raises(TeamError, match="died"):
        team.step(lambda: None)
    team.step(lambda: None)
    assert team.member.sums.tolist() == [3.0, 3.0]
    assert team.member.pids[1] != first
    team.close()


def test_an_error_in_one_step_leaves_the_next_in_order():
    team = Team(2, Counter, 1.0)

    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        team.step(fail)
    team.step(lambda: team.member.order.__setitem__(0, 1.0))
    assert team.member.sums.tolist() == [3.0, 3.0]
    team.close()


def test_processes_end_with_the_team():
    team = Team(2, Counter, 1.0)
    team.step(lambda: None)
    process = int(team.member.pids[1])
    os.kill(process, 0)  # raises if there is no such process
    del team
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_shared_arrays_start_as_given_and_are_found_again_in_order():
    origin = SharedArrays()
    first, second = origin(np.arange(3.0)), origin(np.full((2, 2), 7, np.float32))
    follower = SharedArrays(origin.blocks)
    again = follower(np.zeros(3)), follower(np.zeros((2, 2), np.float32))
    np.testing.assert_array_equal(again[0], [0, 1, 2])
    np.testing.assert_array_equal(again[1], 7)
    first[0], second[1, 1] = 5, 9
    assert (again[0][0], again[1][1, 1]) == (5, 9)
