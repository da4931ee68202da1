from collections.abc import Iterator

import numpy as np
import pytest
from grasp_rollouts import PLACES, play, random_actions, trace

from robot.errors import RobotError, UnknownNameError
from robot.model import load_arm
from sim.bullet import pybullet
from sim.conditions import NOMINAL, Conditions
from sim.expert import GraspExpert
from sim.grasp_env import GraspEnv
from sim.randomization import RANDOMIZATIONS
from sim.spawn import EARLIER

MODEL = load_arm("dofbot")
ZONE = MODEL.grasp
ODD = {
    "block_size": 0.027,
    "block_mass": 0.03,
    "block_friction": 0.7,
    "gripper_friction": 0.8,
    "table_height": 0.002,
    "servo_lag": 0.1,
    "zero_offset": [0.01, -0.01, 0.01, -0.01, 0.01],
}


@pytest.fixture(scope="module")
def randomized() -> Iterator[GraspEnv]:
    env = GraspEnv(randomization="wide")
    yield env
    env.close()


def test_a_randomized_episode_repeats_bit_for_bit_whatever_was_simulated_before(
    randomized: GraspEnv,
) -> None:
    actions = random_actions(0)
    first = trace(randomized, 5, actions)
    for seed in range(3):
        trace(randomized, seed, random_actions(1, steps=90))
    play(randomized, GraspExpert().act, seed=9)
    assert trace(randomized, 5, actions) == first
    fresh = GraspEnv(randomization="wide")
    assert trace(fresh, 5, actions) == first
    fresh.close()


def test_odd_conditions_leave_no_trace_in_a_nominal_episode(env: GraspEnv) -> None:
    actions = random_actions(0)
    first = trace(env, 5, actions)
    env.reset(seed=1, options={"conditions": ODD})
    for action in random_actions(1, steps=90):
        env.step(action)
    assert trace(env, 5, actions) == first


def test_the_conditions_are_in_the_scene_and_in_info(env: GraspEnv) -> None:
    _, info = env.reset(seed=0, options={"conditions": ODD})
    assert info["conditions"] == NOMINAL.to_info() | ODD
    scene, client = env.scene, env.scene.world.client
    arm, table, block = (pybullet.getBodyUniqueId(i, client) for i in range(3))
    dynamics = pybullet.getDynamicsInfo(block, -1, client)
    assert dynamics[:2] == (0.03, 0.7)
    low, high = pybullet.getAABB(block, -1, client)
    assert np.subtract(high, low) == pytest.approx([0.027] * 3, abs=2e-3)
    for finger in ("left_finger_joint", "right_finger_joint"):
        link = scene.arm.index[finger]
        assert pybullet.getDynamicsInfo(arm, link, client)[1] == 0.8
    top = pybullet.getAABB(table, -1, client)[1][2]
    assert top == pytest.approx(MODEL.table_height + 0.002, abs=2e-3)
    offsets = scene.arm.true_positions() - scene.arm.state().positions
    np.testing.assert_allclose(offsets, ODD["zero_offset"], atol=1e-9)


@pytest.mark.parametrize("size", [0.022, 0.03, 0.04])
@pytest.mark.parametrize("table", [-0.006, 0.0, 0.006])
def test_any_block_rests_on_any_table(env: GraspEnv, size: float, table: float) -> None:
    conditions = {"block_size": size, "table_height": table}
    env.reset(options={"block": PLACES[0], "conditions": conditions})
    env.scene.world.step(240)
    position = env.scene.block().position
    rest = [*PLACES[0], MODEL.table_height + table + size / 2]
    np.testing.assert_allclose(position, rest, atol=5e-4)
    assert env.scene.rest_height == pytest.approx(rest[2])


def test_the_drawn_conditions_come_with_the_seed_and_end_the_episode_too(
    randomized: GraspEnv,
) -> None:
    _, info = randomized.reset(seed=3)
    drawn = Conditions.from_info(info["conditions"])
    assert randomized.reset(seed=3)[1] == info
    assert randomized.reset(seed=4)[1]["conditions"] != info["conditions"]
    randomized.reset(seed=3)
    for action in random_actions(0):
        *_, end = randomized.step(action)
    assert Conditions.from_info(end["conditions"]) == drawn == randomized.scene.conditions


def test_the_block_of_a_seed_lies_where_it_does_without_randomization(
    env: GraspEnv, randomized: GraspEnv
) -> None:
    assert env.reset(seed=8)[1]["block"] == randomized.reset(seed=8)[1]["block"]


def test_the_reward_knows_where_the_tool_really_is(env: GraspEnv) -> None:
    conditions = {"zero_offset": [0.1, 0.0, 0.0, 0.0, 0.0]}
    env.reset(options={"block": ZONE.area_centre, "conditions": conditions})
    observation, _, _, _, info = env.step(np.zeros(2, np.float32))
    seen = float(np.hypot(*observation[:2]))
    assert seen < 0.1
    assert info["reward_terms"]["distance"] == pytest.approx(0.1 * 0.22 / 0.05, abs=0.1)


@pytest.mark.parametrize(("level", "depth"), [(0, 0.0), (1, 1 / 3), (2, 2 / 3), (3, 1.0)])
def test_the_spawn_area_grows_along_x_with_the_level(
    env: GraspEnv, level: int, depth: float
) -> None:
    infos = [env.reset(seed=seed, options={"level": level})[1] for seed in range(200)]
    assert all(info["level"] <= level for info in infos)
    earlier = np.mean([info["level"] < level for info in infos])
    assert earlier == (0.0 if level == 0 else pytest.approx(EARLIER, abs=0.1))
    places = np.array([info["block"] for info in infos if info["level"] == level])
    shares = 2 * np.abs(places - ZONE.area_centre) / ZONE.area_size
    assert depth * 0.9 <= shares[:, 0].max() <= depth + 1e-9
    assert shares[:, 1].max() > 0.9


def test_without_a_level_the_area_is_whole(env: GraspEnv) -> None:
    infos = [env.reset(seed=seed)[1] for seed in range(50)]
    assert {info["level"] for info in infos} == {env.curriculum_levels - 1}
    assert max(abs(info["block"][0] - ZONE.area_centre[0]) for info in infos) > 0.02


@pytest.mark.parametrize("level", [-1, 4, 1.5, "easy"])
def test_a_level_that_is_none_is_refused(env: GraspEnv, level: object) -> None:
    with pytest.raises(RobotError, match="not one of 0 to 3"):
        env.reset(options={"level": level})


def test_bad_conditions_and_randomizations_are_refused(env: GraspEnv) -> None:
    with pytest.raises(UnknownNameError, match="condition 'lag'"):
        env.reset(options={"conditions": {"lag": 0.1}})
    with pytest.raises(RobotError, match="2 offsets for 5 joints"):
        env.reset(options={"conditions": {"zero_offset": [0.1, 0.1]}})
    with pytest.raises(UnknownNameError, match="valid: default, off, wide"):
        GraspEnv(randomization="much")


def test_the_expert_grasps_in_default_conditions() -> None:
    env = GraspEnv(randomization=RANDOMIZATIONS["default"])
    expert, caught = GraspExpert(), 0
    for seed in range(20):
        observation, _ = env.reset(seed=seed)
        done = False
        while not done:
            seen = np.concatenate(
                [
                    env.task.block_observation(env.scene.arm.true_state(), env.scene.block()),
                    observation[3:],
                ]
            )
            observation, _, done, _, info = env.step(expert.act(seen))
        caught += info["is_success"]
    env.close()
    assert caught >= 19
