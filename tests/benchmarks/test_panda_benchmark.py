from typing import Any

import numpy as np
import pytest

from benchmarks.panda_courses import PANDA_COURSES
from benchmarks.panda_gym import compare, run
from benchmarks.panda_side import Point
from policies.environments import make_environment, read_contract
from policies.goals import GoalRewards
from robot.errors import UnknownNameError

FAST: list[Point] = [(0.0, 0, 0.0), (10.0, 100, 0.5), (20.0, 200, 0.96)]
SLOW: list[Point] = [(0.0, 0, 0.0), (30.0, 100, 0.2), (60.0, 200, 0.92), (90.0, 300, 0.97)]


def test_ratios_say_how_much_more_the_peer_needed() -> None:
    figures = compare([FAST], [SLOW])
    assert figures["time_ratio_to_95%"] == 90 / 20
    assert figures["steps_ratio_to_90%"] == 200 / 200
    assert figures["steps_ratio_to_95%"] == 300 / 200
    assert figures["peer_did_not_succeed"] == "0 of 1 seeds"
    assert (figures["ours_success_at_equal_time"], figures["peer_success_at_equal_time"]) == (
        0.96,
        0,
    )
    assert figures["ours_success_at_equal_steps"] == 0.96
    assert figures["peer_success_at_equal_steps"] == 0.92


def test_there_is_no_ratio_where_ours_did_not_succeed_and_the_peer_is_not_flattered() -> None:
    figures = compare([FAST, FAST[:2]], [SLOW, SLOW])
    assert "time_ratio_to_90%" not in figures
    cut = compare([FAST], [SLOW[:2]])
    assert cut["time_ratio_to_95%"] == 30 / 20
    assert cut["peer_did_not_succeed"] == "1 of 1 seeds"


def test_another_task_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"PandaReach-v3"):
        run("PandaStack-v3")


def test_on_pick_and_place_both_sides_compute_as_much_for_a_step() -> None:
    course = PANDA_COURSES["PandaPickAndPlace-v3"]
    ours, peer = course.config, course.peer
    assert (peer.hidden, peer.batch_size, peer.critics) == (ours.sac.hidden, ours.sac.batch_size, 2)
    assert (peer.num_envs, peer.start_steps) == (ours.num_envs, ours.start_steps)
    assert peer.updates_per_step == ours.updates_per_step
    assert (peer.learning_rate, peer.gamma, peer.tau) == (1e-3, 0.95, 0.05)


@pytest.fixture(scope="module")
def reach() -> Any:
    pytest.importorskip("panda_gym")
    return PANDA_COURSES["PandaReach-v3"]


def test_both_sides_know_the_same_goals_and_the_environment_judges_them(
    reach: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("stable_baselines3")
    from benchmarks.panda_peer import HindsightPeer

    env_id = reach.config.env_id
    env = make_environment(env_id, {})
    assert capfd.readouterr().out == ""
    contract = read_contract(lambda: make_environment(env_id, {}), env_id)
    seen, _ = env.reset(seed=777_000)
    packed = contract.observation.pack(seen)[None]
    peer = HindsightPeer(env_id, reach.peer, contract.observation, seed=0)
    for name, part in peer.unpacked(packed).items():
        np.testing.assert_allclose(part[0], seen[name], atol=1e-6)
    assert peer.act(packed).shape == (1, 3)
    judge = GoalRewards(env, contract)
    near = np.array([[0.1, 0, 0], [0.01, 0, 0]], np.float32)
    assert judge(near, np.zeros((2, 3), np.float32)).tolist() == [-1.0, 0.0]
    peer.close()
    env.close()
