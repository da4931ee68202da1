from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import gymnasium
import numpy as np
import pytest
from env_checks import check_with_gymnasium, check_with_stable_baselines3
from grasp_rollouts import LENGTH, PLACES, play, random_actions, trace, trace_digest, true_offset

import sim  # noqa: F401
from robot.errors import CommandRefusedError, RobotError, UnknownNameError
from robot.model import load_arm
from sim.expert import GraspExpert
from sim.grasp_env import GraspEnv

ID = "twinarm/DofbotGrasp-v0"
MODEL = load_arm("dofbot")
ZONE = MODEL.grasp
STILL = np.zeros(2, np.float32)


def test_gymnasium_finds_nothing_to_warn_about() -> None:
    check_with_gymnasium(ID)


def test_stable_baselines3_finds_nothing_to_warn_about() -> None:
    check_with_stable_baselines3(ID)


def test_an_episode_repeats_bit_for_bit_whatever_was_simulated_before(env: GraspEnv) -> None:
    actions = random_actions(0)
    first = trace(env, 5, actions)
    play(env, GraspExpert().act, PLACES[0])
    trace(env, 6, random_actions(1, steps=37))
    assert trace(env, 5, actions) == first


def test_environments_side_by_side_do_not_disturb_each_other(env: GraspEnv) -> None:
    actions, other_actions = random_actions(0), random_actions(1)
    alone = trace(env, 5, actions)
    other = GraspEnv()
    observation, _ = env.reset(seed=5)
    other.reset(seed=6)
    together = [observation.tobytes()]
    for action, other_action in zip(actions, other_actions, strict=True):
        other.step(other_action)
        observation, reward, *_ = env.step(action)
        together.append(observation.tobytes() + np.float64(reward).tobytes())
    other.close()
    assert together == alone


def test_a_fresh_environment_and_another_process_give_the_same_episode() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        there = process.submit(trace_digest, 7)
        here = trace_digest(7)
        assert there.result() == here


def test_seeds_matter_and_an_unseeded_reset_draws_the_next_episode(env: GraspEnv) -> None:
    def place(seed: int | None) -> tuple[float, float]:
        drawn: tuple[float, float] = env.reset(seed=seed)[1]["block"]
        return drawn

    assert len({place(1), place(2), place(None), place(None)}) == 4
    place(1)
    after_one = place(None)
    assert place(1) != after_one == place(None)


def test_observations_are_float32_inside_the_declared_space(env: GraspEnv) -> None:
    random = np.random.default_rng(0)
    for seed in range(3):
        observation, _ = env.reset(seed=seed)
        terminated = False
        while not terminated:
            assert observation.dtype == np.float32
            assert env.observation_space.contains(observation)
            observation, _, terminated, _, _ = env.step(random.choice([-1.0, 1.0], 2))
        assert env.observation_space.contains(observation)


def test_the_observation_is_where_the_block_really_is_all_along(env: GraspEnv) -> None:
    expert = GraspExpert()
    observation, _ = env.reset(seed=3)
    for _ in range(100):
        np.testing.assert_allclose(observation[:3], true_offset(env), atol=1e-4)
        observation, *_ = env.step(expert.act(observation))
    np.testing.assert_allclose(observation[:3], true_offset(env), atol=1e-4)


def test_the_policy_is_never_blind(env: GraspEnv) -> None:
    seen = np.array([env.reset(seed=seed)[0][:2] for seed in range(200)])
    assert len(np.unique(seen, axis=0)) == 200
    assert (seen.std(axis=0) > 0.2).all()


def test_the_observation_moves_as_the_block_moves(env: GraspEnv) -> None:
    before, _ = env.reset(options={"block": (0.21, -0.03)})
    after, _ = env.reset(options={"block": (0.23, 0.02)})
    np.testing.assert_allclose(after[:2] - before[:2], [0.02 / LENGTH, 0.05 / LENGTH], atol=1e-5)
    np.testing.assert_array_equal(after[2:], before[2:])


@pytest.mark.parametrize(
    ("place", "axis", "sign"),
    [
        ((0.24, 0.0), 0, 1),
        ((0.20, 0.0), 0, -1),
        ((0.22, 0.04), 1, 1),
        ((0.22, -0.04), 1, -1),
    ],
)
def test_ahead_is_positive_x_and_left_is_positive_y(
    env: GraspEnv, place: tuple[float, float], axis: int, sign: int
) -> None:
    observation, _ = env.reset(options={"block": place})
    assert np.sign(observation[axis]) == sign
    assert abs(observation[1 - axis]) < 0.05


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_action_moves_the_tool_its_way(env: GraspEnv, axis: int, sign: float) -> None:
    start, _ = env.reset(options={"block": ZONE.area_centre})
    action = STILL.copy()
    action[axis] = sign
    for _ in range(3):
        observation, *_ = env.step(action)
    moved = sign * (observation - start)
    tool, lead = 3 + axis, 6 + axis
    assert moved[tool] > 0.2
    assert moved[axis] == pytest.approx(-moved[tool], abs=1e-3)
    assert moved[lead] > 0.01
    assert abs(observation[4 - axis] - start[4 - axis]) < 0.1


def test_opening_and_time_left_are_observed(env: GraspEnv) -> None:
    observation, _ = env.reset(options={"block": PLACES[1]})
    assert observation[8] == pytest.approx(1.0, abs=0.01)
    assert observation[9] == 1.0
    times = [observation[9]]
    for _ in range(100):
        observation, *_ = env.step(STILL)
        times.append(observation[9])
    np.testing.assert_allclose(np.diff(times), -0.01, atol=1e-6)
    assert times[-1] == 0.0
    assert observation[8] < 0.6


def test_blocks_are_drawn_over_the_full_area(env: GraspEnv) -> None:
    assert ZONE.area_size == (0.05, 0.10)
    places = np.array([env.reset(seed=seed)[1]["block"] for seed in range(600)])
    shares = (places - ZONE.area_centre) / ZONE.area_size + 0.5
    assert (shares >= 0).all() and (shares <= 1).all()
    assert (shares.min(axis=0) < 0.02).all() and (shares.max(axis=0) > 0.98).all()
    np.testing.assert_allclose(
        np.quantile(shares, [0.25, 0.5, 0.75], axis=0).T, [[0.25, 0.5, 0.75]] * 2, atol=0.06
    )


def test_the_block_lies_where_the_options_put_it(env: GraspEnv) -> None:
    _, info = env.reset(options={"block": np.array([0.21, -0.035])})
    assert info["block"] == (0.21, -0.035)
    np.testing.assert_allclose(env.scene.block().position[:2], (0.21, -0.035))


def test_a_third_number_of_the_options_turns_the_block(env: GraspEnv) -> None:
    _, info = env.reset(options={"block": (0.21, -0.035, 0.5)})
    assert info["block"] == (0.21, -0.035, 0.5)
    _, turn = env.scene.block_pose()
    np.testing.assert_allclose(turn, (0.0, 0.0, np.sin(0.25), np.cos(0.25)), atol=1e-9)


def test_an_unknown_option_is_refused_by_name(env: GraspEnv) -> None:
    with pytest.raises(UnknownNameError, match="'blok'; did you mean 'block'"):
        env.reset(options={"blok": (0.2, 0.0)})


@pytest.mark.parametrize(
    "place", [(0.2,), 0.2, "no", None, (0.2, float("nan")), (0.2, 0.0, 0.0, 0.0)]
)
def test_a_block_that_is_put_nowhere_is_refused(env: GraspEnv, place: object) -> None:
    with pytest.raises(RobotError, match="is not x and y"):
        env.reset(options={"block": place})


@pytest.mark.parametrize("conditions", [None, 3, {"depth_dropout": 1.5}, {"block_mass": 0.0}])
def test_conditions_that_cannot_be_are_refused(env: GraspEnv, conditions: object) -> None:
    with pytest.raises(RobotError, match="condition"):
        env.reset(options={"conditions": conditions})


def test_an_action_that_is_not_finite_is_refused(env: GraspEnv) -> None:
    env.reset(seed=0)
    with pytest.raises(CommandRefusedError, match="nan"):
        env.step(np.array([np.nan, 0.0], np.float32))


def test_renders_what_was_asked_for(env: GraspEnv) -> None:
    assert env.render() is None
    filmed = gymnasium.make(ID, render_mode="rgb_array")
    filmed.reset(seed=0)
    picture = filmed.render()
    assert isinstance(picture, np.ndarray)
    assert picture.shape == (480, 640, 3)
    assert picture.dtype == np.uint8
    filmed.close()


def test_closing_twice_is_safe() -> None:
    env = GraspEnv()
    env.close()
    env.close()


def test_an_unknown_arm_is_refused_with_the_valid_names() -> None:
    with pytest.raises(UnknownNameError, match="dofbot"):
        GraspEnv("dofbt")
