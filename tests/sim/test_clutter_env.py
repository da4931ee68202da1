import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from env_checks import check_with_gymnasium
from full_rollouts import expert, play, trace

from robot.errors import RobotError, UnknownNameError
from sim.bullet import pybullet
from sim.clutter_scene import ClutterScene
from sim.depth_env import DepthGraspEnv
from sim.grasp_env import GraspEnv
from sim.grasp_scene import LIFTED
from sim.object_families import SPLITS, make_object

SETTINGS = {"task": "full", "clutter": "train", "randomization": "default"}
STILL = np.zeros(5, np.float32)
FREE, OTHER = [0, 0.22, 0.02, 0.1], [1, 0.22, -0.05, 0.0]
"""A box and a cylinder, far apart: number, x, y, yaw."""


def scene_of(env: GraspEnv) -> ClutterScene:
    assert isinstance(env.scene, ClutterScene)
    return env.scene


def bodies(env: GraspEnv) -> list[int]:
    return [body for _, body in scene_of(env)._things]


def test_gymnasium_finds_nothing_to_warn_about() -> None:
    check_with_gymnasium("twinarm/DofbotGrasp-v0", task="full", clutter="validation")


def test_clutter_is_refused_where_it_cannot_be() -> None:
    with pytest.raises(UnknownNameError, match="clutter 'tset'; did you mean 'test'"):
        GraspEnv(task="full", clutter="tset")
    for task in ("guided", "place"):
        with pytest.raises(RobotError, match=f"clutter is for the task full, not for {task}"):
            GraspEnv(task=task, clutter="train")


def test_an_episode_repeats_bit_for_bit_whatever_lay_there_before(env: GraspEnv) -> None:
    first = trace(env, 5)
    play(env, expert(env), seed=6)
    env.reset(seed=3)
    env.step(STILL)
    assert trace(env, 5) == first
    fresh = GraspEnv(task="full", clutter="train", randomization="default")
    assert trace(fresh, 5) == first
    fresh.close()


def test_one_to_five_objects_of_the_split_lie_apart_and_at_rest(env: GraspEnv) -> None:
    counts, zone = [], env.task.model.grasp
    for seed in range(25):
        _, info = env.reset(seed=seed)
        layout, client = info["objects"], env.scene.world.client
        counts.append(len(layout))
        assert all(number in SPLITS["train"].numbers for number, *_ in layout)
        for _, x, y, _ in layout:
            zone.check_place(x, y)
        for one, other in combinations(bodies(env), 2):
            near = pybullet.getClosestPoints(one, other, 0.002, physicsClientId=client)
            assert not near, f"seed {seed}"
        before = [env.scene.world.pose(body)[0] for body in bodies(env)]
        env.scene.world.step(240)
        for body, place in zip(bodies(env), before, strict=True):
            assert math.dist(env.scene.world.pose(body)[0], place) < 1e-4, f"seed {seed}"
    assert set(counts) == {1, 2, 3, 4, 5}


def test_the_same_objects_can_be_laid_again(env: GraspEnv) -> None:
    observation, info = env.reset(seed=4)
    options = {"objects": info["objects"], "conditions": info["conditions"]}
    again, told = env.reset(seed=99, options=options)
    np.testing.assert_array_equal(again, observation)
    assert told["objects"] == info["objects"]
    for wrong in ([], [[1, 0.2]], [[0, 0.2, 0.0, float("nan")]], "box"):
        with pytest.raises(RobotError, match="is not a list of number, x, y"):
            env.reset(options={"objects": wrong})
    with pytest.raises(RobotError, match="object 5000 is none"):
        env.reset(options={"objects": [[5000, 0.2, 0.0, 0.0]]})


def test_the_first_object_lies_where_the_block_of_the_options_does(env: GraspEnv) -> None:
    for place in ((0.24, 0.04, 0.5), (-0.3, 0.3, 0.0)):
        _, info = env.reset(seed=8, options={"block": place})
        assert info["objects"][0][1:] == list(place)
        assert scene_of(env).world.pose(bodies(env)[0])[0][:2] == pytest.approx(place[:2])


def test_pictures_put_back_the_object_that_is_to_be_taken(env: GraspEnv) -> None:
    env.reset(seed=3)
    was = env.scene.block_pose()
    env.scene.world.set_pose(bodies(env)[scene_of(env)._taken], ((0.1, 0.1, 0.1), (0, 0, 0, 1)))
    state = env.scene.arm.state()
    env.scene.show(state.positions, state.gripper, was)
    np.testing.assert_allclose(env.scene.block_pose()[0], was[0])


def test_weight_is_volume_times_the_density_of_the_conditions(env: GraspEnv) -> None:
    material = {"block_size": 0.03, "block_mass": 0.027}
    env.reset(options={"objects": [FREE], "conditions": material})
    mass = pybullet.getDynamicsInfo(bodies(env)[0], -1, env.scene.world.client)[0]
    assert mass == pytest.approx(1000.0 * make_object(0).volume)


def test_the_observed_object_is_the_near_one_that_jaws_can_take(env: GraspEnv) -> None:
    def taken(*layout: list[float]) -> int:
        env.reset(options={"objects": layout, "conditions": {}})
        return scene_of(env)._taken

    assert taken([0, 0.22, 0.01, 0.0], [1, 0.22, -0.045, 0.0]) == 0
    assert taken([0, 0.22, 0.045, 0.0], [1, 0.22, -0.01, 0.0]) == 1
    crowded, neighbour, free = [0, 0.22, 0.0, 0.0], [1, 0.22, -0.034, 0.0], [6, 0.22, 0.05, 0.0]
    assert taken(crowded, neighbour, free) == 2, "further off, but with room for the jaws"


def test_it_is_the_best_from_wherever_an_episode_begins(env: GraspEnv) -> None:
    env.reset(options={"objects": [FREE, OTHER], "conditions": {}})
    scene, arm, home = scene_of(env), env.scene.arm, env.task.start_command
    assert scene._taken == 0
    aside = home.positions.copy()
    aside[0] = math.atan2(OTHER[2], OTHER[1])
    arm.teleport(aside, home.gripper)
    env.task.reset(arm.state())
    env._rules.privileged()
    assert scene._taken == 1


def test_it_stays_the_same_until_another_one_is_much_better(env: GraspEnv) -> None:
    env.reset(options={"objects": [FREE, OTHER], "conditions": {}})
    scene, towards = scene_of(env), STILL.copy()
    assert scene._taken == 0
    towards[1] = -1.0
    seen = []
    for _ in range(20):
        env.step(towards)
        tool_y = env.task.model.kinematics.tool_position(env.scene.arm.true_positions())[1]
        seen.append((tool_y, scene._taken))
    assert all(one == 0 for y, one in seen if y > 0.0), "not for a little"
    assert seen[-1][1] == 1, "but for somebody who has drifted off"
    assert sum(a[1] != b[1] for a, b in pairwise(seen)) == 1


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_expert_lifts_an_object_and_info_tells_which(env: GraspEnv, split: str) -> None:
    first = SPLITS[split].first
    layout = [[first + 1, 0.22, 0.03, 0.4], [first + 2, 0.21, -0.04, 0.0]]
    options = {"objects": layout, "conditions": {}}
    observation, _ = env.reset(options=options)
    act, over, up = expert(env), False, []
    while not over:
        observation, _, over, truncated, info = env.step(act(observation))
        up.append(scene_of(env).lifted_ones())
    assert info["is_success"] is True
    assert not truncated
    hold = env.task.config.hold_steps
    assert up[-hold:] == [[0]] * hold, "all through the half second"
    assert up[-hold - 1] == []
    assert info["lifted"] == first + 1


def test_two_objects_that_are_up_in_turns_are_no_success(env: GraspEnv) -> None:
    env.reset(options={"objects": [FREE, OTHER], "conditions": {}})
    scene, world = scene_of(env), env.scene.world
    rest = [world.pose(body) for body in bodies(env)]
    for step in range(2 * env.task.config.hold_steps):
        for index, (body, pose) in enumerate(zip(bodies(env), rest, strict=True)):
            (x, y, z), turn = pose
            high = 0.02 + LIFTED if (step // 4) % 2 == index else 0.0
            world.set_pose(body, ((x, y, z + high), turn))
        *_, terminated, _, _ = env.step(STILL)
        assert len(scene.lifted_ones()) == 1
        assert not terminated


def test_an_object_that_nobody_lifts_is_no_success(env: GraspEnv) -> None:
    *_, info = play(env, lambda _: STILL, seed=2)
    assert info["is_success"] is False
    assert info["lifted"] is None


def test_the_camera_sees_every_object_and_privileged_is_the_one_to_take() -> None:
    env = DepthGraspEnv(task="full", clutter="train")
    seen = [0, 0.245, 0.02, 0.0]
    alone = env.reset(options={"objects": [seen]})[0]["depth"].astype(int)
    observation, info = env.reset(options={"objects": [seen, [6, 0.245, -0.035, 0.0]]})
    nearer = (alone - observation["depth"]) > 3
    columns = np.nonzero(nearer)[1]
    assert len(columns) > 5
    tool = env.task.model.kinematics.tool_position(env.scene.arm.true_positions())
    block = env.scene.block()
    np.testing.assert_allclose(
        0.05 * info["privileged"][:2], block.position[:2] - tool[:2], atol=1e-5
    )
    np.testing.assert_allclose(block.position[:2], seen[1:3], atol=1e-4)
    env.close()


def test_the_expert_picks_from_clutter_of_shapes_that_no_policy_has_seen() -> None:
    env = GraspEnv(task="full", clutter="test", randomization="default")
    act = expert(env)
    lifted = [play(env, act, seed=seed)[3]["is_success"] for seed in range(8)]
    env.close()
    assert sum(lifted) >= 7
