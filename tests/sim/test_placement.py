"""When a block counts as put on its target, and when it does not."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from full_rollouts import Act, Array, expert, play

from robot.place_task import PlaceTaskConfig
from sim.grasp_env import GraspEnv
from sim.place_rules import PlaceRules
from sim.placement import CARRIED, LET_GO

CONFIG = PlaceTaskConfig()
OPTIONS = {"block": (0.22, -0.03, 0.2), "target": (0.22, 0.03)}
SETTINGS = {"task": "place"}
STILL, OPENING = np.zeros(5, np.float32), np.array([0, 0, 0, 0, 1], np.float32)


def apart(env: GraspEnv) -> float:
    """Return how far the block is from its target [m]."""
    return math.dist(env.scene.block().position[:2], OPTIONS["target"])


def there(env: GraspEnv) -> int:
    assert isinstance(env._rules, PlaceRules)
    return env._rules._placement.periods


def begin(env: GraspEnv, act: Act, until: Callable[[], bool]) -> Array:
    """Play from the start until something is so; return what is observed then."""
    observation: Array = env.reset(seed=0, options=OPTIONS)[0]
    while not until():
        observation, _, terminated, truncated, _ = env.step(act(observation))
        assert not terminated and not truncated, "it never came to that"
    return observation


def succeeds_within(env: GraspEnv, action: Array, steps: int) -> bool:
    return any(env.step(action)[2] for _ in range(steps))


def test_success_ends_the_episode_half_a_second_after_the_block_is_let_go_of(
    env: GraspEnv,
) -> None:
    observation, _ = env.reset(seed=0, options=OPTIONS)
    act, over, touched = expert(env), False, []
    while not over:
        observation, _, over, truncated, info = env.step(act(observation))
        touched.append(env.scene.touched(0.003))
        assert ("is_success" in info) == over
    assert info["is_success"] is True and not truncated
    assert apart(env) <= CONFIG.near_target
    assert env.scene.height() == pytest.approx(0.0, abs=0.002)
    assert env.scene.arm.state().gripper > 0.035
    assert not any(touched[-CONFIG.hold_steps :])
    assert len(touched) < CONFIG.steps
    assert (CONFIG.hold_steps - 1) * CONFIG.period == pytest.approx(0.5)


def test_a_block_that_was_not_lifted_is_no_success_wherever_it_lies(env: GraspEnv) -> None:
    env.reset(seed=0, options=OPTIONS)
    for share in np.linspace(0.0, 1.0, 20):
        env.scene.place_block(0.22, -0.03 + 0.06 * share)
        env.step(STILL)
    assert apart(env) < 0.001
    assert not succeeds_within(env, STILL, 2 * CONFIG.hold_steps)


def test_a_block_dropped_from_high_is_no_success(env: GraspEnv) -> None:
    begin(env, expert(env), lambda: apart(env) < 0.01 and env.scene.gap() > CARRIED + LET_GO)
    assert not succeeds_within(env, OPENING, CONFIG.close_steps)
    assert env.scene.height() < 0.003, "was not dropped"
    env.scene.place_block(*OPTIONS["target"])
    assert not env.scene.touched(0.003)
    assert not succeeds_within(env, OPENING, 2 * CONFIG.hold_steps)


def test_a_block_still_held_at_its_target_is_no_success(env: GraspEnv) -> None:
    begin(env, expert(env), lambda: apart(env) < 0.01 and env.scene.gap() < 0.004)
    assert env.task.closing == 1.0
    assert not succeeds_within(env, STILL, 2 * CONFIG.hold_steps)
    assert apart(env) < CONFIG.near_target


def test_a_block_knocked_away_within_the_half_second_is_no_success(env: GraspEnv) -> None:
    begin(env, expert(env), lambda: there(env) == CONFIG.hold_steps - 3)
    env.scene.place_block(0.22, 0.03 + CONFIG.near_target + 0.005)
    assert not succeeds_within(env, STILL, 2 * CONFIG.hold_steps)
    env.scene.place_block(0.22, 0.03)
    steps = sum(1 for _ in iter(lambda: env.step(STILL)[2], True)) + 1
    assert steps == CONFIG.hold_steps, "the half second does not begin anew"


def test_a_block_let_go_of_beside_its_target_is_no_success(env: GraspEnv) -> None:
    act = expert(env)

    def beside(observation: Array) -> Array:
        observation = observation.copy()
        observation[-1] -= (CONFIG.near_target + 0.012) / env.task.length_scale
        return act(observation)

    env.reset(seed=0, options=OPTIONS)
    assert not play(env, beside, seed=3)[3]["is_success"]
    assert env.scene.height() < 0.003 and not env.scene.touched(0.003)


def test_a_block_that_was_dropped_counts_once_it_is_carried_again(env: GraspEnv) -> None:
    """Drop it off the target, where the expert grasps it again."""
    begin(env, expert(env), lambda: env.scene.gap() > CARRIED + LET_GO and apart(env) > 0.03)
    env.scene.place_block(0.22, -0.02)
    env.step(OPENING)
    assert isinstance(env._rules, PlaceRules) and not env._rules._placement.carried
    observation, act, over = env.step(OPENING)[0], expert(env), False
    while not over:
        observation, _, over, truncated, _ = env.step(act(observation))
        assert not truncated
