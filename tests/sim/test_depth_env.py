import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from itertools import product
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from depth_rollouts import depth_trace, depth_trace_digest
from env_checks import check_with_gymnasium, check_with_stable_baselines3
from grasp_rollouts import random_actions, true_offset

import sim  # noqa: F401
from robot.depth_image import UNKNOWN
from robot.errors import RobotError
from robot.model import load_arm
from sim.depth_env import DepthGraspEnv
from sim.randomization import RANDOMIZATIONS
from sim.world import World

ID = "twinarm/DofbotGraspDepth-v0"
ZONE = load_arm("dofbot").grasp
STILL = np.zeros(2, np.float32)
AHEAD = 0.245, 0.02  # [m] a place in full view at the start


@pytest.fixture(scope="module")
def shared() -> Iterator[DepthGraspEnv]:
    env = DepthGraspEnv()
    yield env
    env.close()


@pytest.fixture(scope="module")
def wide() -> Iterator[DepthGraspEnv]:
    env = DepthGraspEnv(randomization="wide")
    yield env
    env.close()


def start(env: DepthGraspEnv, place: tuple[float, float] = AHEAD, **conditions: Any) -> np.ndarray:
    """Return the first picture of an episode as numbers [size, size]."""
    options = {"block": place, "conditions": conditions}
    image: np.ndarray = env.reset(seed=0, options=options)[0]["depth"]
    return image[:, :, 0].astype(int)


def centroid(env: DepthGraspEnv, place: tuple[float, float]) -> tuple[float, float]:
    """Return mean row and column of the pixels that a block at ``place`` makes nearer."""
    rows, columns = np.nonzero(start(env, (-0.3, 0.3)) - start(env, place) > 3)
    assert rows.size
    return rows.mean(), columns.mean()


def test_gymnasium_finds_nothing_to_warn_about() -> None:
    check_with_gymnasium(ID)


def test_stable_baselines3_finds_nothing_to_warn_about() -> None:
    # It advises 36 px for an encoder of its own, which takes nothing smaller.
    check_with_stable_baselines3(ID, image_size=64, randomization="default")


@pytest.mark.parametrize("size", [16, 32, 64])
def test_the_image_has_the_size_asked_for(size: int) -> None:
    env = DepthGraspEnv(image_size=size)
    observation, _ = env.reset(seed=0)
    assert observation["depth"].shape == (size, size, 1)
    assert env.observation_space.contains(observation)
    env.close()


@pytest.mark.parametrize("randomization", ["default", "wide"])
def test_observations_are_always_in_their_declared_space(randomization: str) -> None:
    env = DepthGraspEnv(randomization=randomization)
    extremes = np.random.default_rng(0)
    for seed in range(8):
        observation, _ = env.reset(seed=seed)
        terminated = False
        while not terminated:
            assert env.observation_space.contains(observation)
            assert observation["depth"].dtype == np.uint8
            assert observation["state"].dtype == np.float32
            action = extremes.choice([-1.0, 1.0], 2)
            observation, _, terminated, _, _ = env.step(action)
        assert env.observation_space.contains(observation)
    env.close()


def test_an_episode_repeats_bit_for_bit_noise_too_whatever_was_simulated_before(
    wide: DepthGraspEnv,
) -> None:
    first = depth_trace(wide, 5)
    depth_trace(wide, 6)
    depth_trace(wide, 7, steps=37)
    assert depth_trace(wide, 5) == first


def test_another_process_gives_the_same_episode(wide: DepthGraspEnv) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        there = process.submit(depth_trace_digest, 7)
        here = hashlib.sha256(b"".join(depth_trace(wide, 7))).hexdigest()
        assert there.result() == here


def test_noise_is_of_the_moment_not_of_the_episode(shared: DepthGraspEnv) -> None:
    options = {"block": AHEAD, "conditions": {"depth_noise": 0.002}}
    one, other = (shared.reset(seed=seed, options=options)[0]["depth"] for seed in (1, 2))
    assert (one != other).mean() > 0.3


@pytest.mark.parametrize(
    ("back", "depths"),
    [(0, (0.0, 0.025)), (10, (-0.025, 0.0, 0.025))],  # at first the near edge is out of view
)
def test_a_blind_policy_is_impossible_the_block_is_in_the_picture_alone(
    shared: DepthGraspEnv, back: int, depths: tuple[float, ...]
) -> None:
    states, pictures = set(), set()
    places = [(ZONE.area_centre[0] + x, y) for x in depths for y in (-0.05, -0.03, 0.0, 0.03, 0.05)]
    for place in places:
        observation, _ = shared.reset(seed=0, options={"block": place})
        for _ in range(back):
            observation, *_ = shared.step(np.array([-0.3, 0.0], np.float32))
        states.add(observation["state"].tobytes())
        pictures.add(observation["depth"].tobytes())
    assert len(states) == 1
    assert len(pictures) == len(places)


def test_the_picture_of_a_moment_depends_on_where_the_block_is_all_along(
    shared: DepthGraspEnv,
) -> None:
    episodes = []
    for place in ((0.24, 0.03), (0.22, -0.04)):
        observation, _ = shared.reset(seed=0, options={"block": place})
        pictures = [observation["depth"]]
        # Too short for the tool, which stays in the middle, to touch the block.
        for _ in range(60):
            observation, *_ = shared.step(STILL)
            pictures.append(observation["depth"])
        episodes.append(pictures)
    for one, other in zip(*episodes, strict=True):
        assert (np.abs(one.astype(int) - other) > 3).sum() >= 3


def test_the_picture_changes_over_an_episode(shared: DepthGraspEnv) -> None:
    observation, _ = shared.reset(seed=0)
    pictures = {observation["depth"].tobytes()}
    for action in random_actions(0, 60):
        pictures.add(shared.step(action)[0]["depth"].tobytes())
    assert len(pictures) > 55


def test_left_is_left_and_up_is_up(shared: DepthGraspEnv) -> None:
    """The camera looks ahead over the gripper: base +x is up in the picture, +y is left."""
    middle, left, right = (centroid(shared, (0.245, y)) for y in (0.0, 0.03, -0.03))
    assert left[1] < middle[1] - 2 and right[1] > middle[1] + 2
    assert abs(left[0] - middle[0]) < 1.5 and abs(right[0] - middle[0]) < 1.5
    near, far = (centroid(shared, (x, 0.045)) for x in (0.22, 0.245))
    assert far[0] < near[0] - 1 and abs(far[1] - near[1]) < abs(far[0] - near[0]) + 1


def test_the_block_is_seen_where_the_geometry_says(shared: DepthGraspEnv) -> None:
    for place in ((0.245, 0.04), (0.235, -0.045), (0.245, -0.01)):
        row, column = centroid(shared, place)
        top = shared.scene.rest_height + 0.01
        expected = shared.camera.camera.pixel((*place, top))
        assert (column + 0.5, row + 0.5) == pytest.approx(expected[:2], abs=2.5)


def test_proprioception_is_that_of_the_state_environment(shared: DepthGraspEnv) -> None:
    observation, _ = shared.reset(seed=1)
    for action in random_actions(1, 5):
        observation, *_ = shared.step(action)
    whole = shared.task.observation(shared.scene.arm.state(), shared.scene.block())
    np.testing.assert_array_equal(observation["state"], whole[3:])


@pytest.mark.parametrize("randomization", ["off", "default"])
def test_the_hint_is_where_the_block_really_is_from_the_tool(randomization: str) -> None:
    env = DepthGraspEnv(randomization=randomization)
    _, info = env.reset(seed=4)
    for action in random_actions(4, 30):
        assert info["privileged"].shape == (env.privileged_size,)
        np.testing.assert_allclose(info["privileged"], true_offset(env)[:2], atol=1e-4)
        *_, info = env.step(action)
    env.close()


def test_a_camera_ahead_sees_everything_nearer(shared: DepthGraspEnv) -> None:
    nominal = start(shared)
    rows = slice(0, 20)  # above the gripper, which a camera moved also sees otherwise
    ahead = start(shared, camera_z=0.01)[rows]
    seen = (nominal[rows] < 255) & (ahead < 255)
    # 10 mm, of which a table seen at a slant gives back some or adds some.
    assert 8 <= (nominal[rows] - ahead)[seen].mean() <= 16


def test_a_wider_camera_shows_the_block_smaller(shared: DepthGraspEnv) -> None:
    def shown(fov: float) -> int:
        without = start(shared, (-0.3, 0.3), camera_fov=fov)
        return int((np.abs(without - start(shared, camera_fov=fov)) > 3).sum())

    assert shown(-25.0) > 1.5 * shown(0.0) > 0
    assert shown(0.0) > 1.5 * shown(30.0) > 0


@pytest.mark.parametrize(
    "name", ["camera_x", "camera_y", "camera_z", "camera_roll", "camera_pitch", "camera_yaw"]
)
def test_every_condition_of_the_mount_changes_the_picture_and_none_stays(
    shared: DepthGraspEnv, name: str
) -> None:
    nominal = start(shared)
    moved, opposite = start(shared, **{name: 0.03}), start(shared, **{name: -0.03})
    assert (moved != nominal).sum() > 30 and (opposite != moved).sum() > 30
    np.testing.assert_array_equal(start(shared), nominal)


def test_noise_dropout_and_rounding_reach_the_picture(shared: DepthGraspEnv) -> None:
    nominal = start(shared)
    measured = (nominal > 30) & (nominal < 200)
    assert not (nominal == UNKNOWN).any()
    error = (start(shared, depth_noise=0.004) - nominal)[measured]
    assert 1.0 < error.std() < 6.0 and abs(error.mean()) < 1.0
    assert (start(shared, depth_dropout=0.15) == UNKNOWN).mean() == pytest.approx(0.15, abs=0.05)
    coarse = start(shared, depth_quantum=0.02)
    assert len(np.unique(coarse)) < 16 < len(np.unique(nominal))


def test_size_and_height_of_block_and_table_reach_the_picture(shared: DepthGraspEnv) -> None:
    nominal = start(shared)
    assert (start(shared, block_size=0.04) < nominal).sum() > 10
    higher = start(shared, table_height=0.006)
    assert ((nominal - higher)[nominal < 250] >= 3).mean() > 0.5


def test_the_level_decides_the_area_and_a_reset_without_one_has_it_all(
    shared: DepthGraspEnv,
) -> None:
    x = ZONE.area_centre[0]
    easy = [shared.reset(seed=seed, options={"level": 0})[1] for seed in range(20)]
    assert all(info["block"][0] == x and info["level"] == 0 for info in easy)
    assert max(abs(info["block"][1]) for info in easy) > 0.035
    whole = [shared.reset(seed=seed)[1] for seed in range(20)]
    assert {info["level"] for info in whole} == {shared.curriculum_levels - 1}
    assert max(abs(info["block"][0] - x) for info in whole) > 0.02


def test_the_level_of_an_episode_is_told_at_its_end_as_it_was_at_its_start(
    shared: DepthGraspEnv,
) -> None:
    level = shared.reset(seed=3, options={"level": 1})[1]["level"]
    for action in random_actions(3):
        *_, info = shared.step(action)
    assert info["level"] == level <= 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[World]:
    """Return the worlds that the test opens."""
    worlds: list[World] = []
    begin = World.__init__

    def counted(world: World, *args: Any) -> None:
        begin(world, *args)
        worlds.append(world)

    monkeypatch.setattr(World, "__init__", counted)
    return worlds


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"image_size": 4}, "image size 4 px is outside 8 to 256 px"),
        ({"image_size": 1024}, "image size 1024 px is outside 8 to 256 px"),
        ({"image_size": -1}, "image size -1 px is outside 8 to 256 px"),
        ({"image_size": 32.5}, "image size 32.5 px is not a whole number"),
        ({"fov_degrees": 5.0}, r"field of view 5.0 deg is outside 20.0 to 130.0 deg"),
        ({"fov_degrees": 180.0}, "field of view 180.0 deg is outside"),
        ({"fov_degrees": 40.0, "randomization": "wide"}, "field of view 13.0 deg is outside"),
    ],
)
def test_a_camera_that_does_not_work_is_refused_and_leaves_no_simulation_behind(
    keywords: dict[str, Any], message: str, opened: list[World]
) -> None:
    with pytest.raises(RobotError, match=message):
        DepthGraspEnv(**keywords)
    assert all(world.client == -1 for world in opened)


def test_a_drawn_field_of_view_works_on_every_arm_s_own_camera() -> None:
    low, high = RANDOMIZATIONS["wide"].camera_fov
    env = DepthGraspEnv()
    for offset in (low, high):
        start(env, camera_fov=offset)
    with pytest.raises(RobotError, match="field of view"):
        start(env, camera_fov=60.0)
    env.close()


def test_the_field_of_view_is_the_one_asked_for_and_told() -> None:
    env = DepthGraspEnv(fov_degrees=62.0)
    assert env.observation_details == {"fov_degrees": 62.0, "near": 0.04, "far": 0.3}
    narrow = start(env)
    env.close()
    usual = DepthGraspEnv()
    assert usual.observation_details["fov_degrees"] == 82.0
    assert (start(usual) != narrow).mean() > 0.3
    usual.close()


@pytest.fixture(scope="module")
def full() -> Iterator[DepthGraspEnv]:
    env = DepthGraspEnv(task="full", image_size=64)
    yield env
    env.close()


def test_the_full_task_tells_first_what_a_policy_would_be_told(full: DepthGraspEnv) -> None:
    _, info = full.reset(options={"block": (0.22, 0.02, 0.3)})
    told, shown = np.split(info["privileged"], [full.told_size])
    state, block = full.scene.arm.true_state(), full.scene.block()
    np.testing.assert_allclose(told, full.task.block_observation(state, block))
    np.testing.assert_allclose(told[:2], (0.0, 0.4), atol=0.01)
    turn = np.sin(1.2), np.cos(1.2)
    np.testing.assert_allclose(shown, (*turn, 0.0, 0.4, *turn), atol=0.01)
    observation, *_, info = full.step(np.array([0, 0, -1, 0, 0], np.float32))
    assert full.observation_space.contains(observation)
    assert observation["state"].shape == (10,)
    assert len(info["privileged"]) == full.privileged_size


def test_of_two_ways_to_turn_the_one_that_has_begun_is_told(full: DepthGraspEnv) -> None:
    others = 0
    for seed in range(20):
        told = full.reset(seed=seed, options={"glimpse": 1})[1]["privileged"][3]
        state, block = full.scene.arm.true_state(), full.scene.block()
        from_the_start = full.task.block_observation(state, block)[3]
        assert -1 <= told < 1
        assert np.sin(np.pi * (told - from_the_start) / 2) == pytest.approx(0, abs=1e-4)
        others += int(abs(told - from_the_start) > 1)
    assert 0 < others < 20


@pytest.mark.parametrize("arm", ["dofbot", "ur5"])
def test_the_picture_from_before_the_start_shows_every_block_whole(arm: str) -> None:
    areas = []
    with closing(DepthGraspEnv(arm, task="full", image_size=64)) as env:
        zone = env.task.model.grasp
        for x, y in product((-0.5, 0.5), repeat=2):
            at = np.array(zone.area_centre) + np.array([x, y]) * zone.area_size
            seen = env.reset(options={"block": (*at, 0.0)})[0]["depth"]
            away = env.reset(options={"block": (at[0], at[1] + 0.3, 0.0)})[0]["depth"]
            areas.append(int((away[:, :, 1].astype(int) - seen[:, :, 1] > 60).sum()))
            stepped = env.step(np.zeros(5, np.float32))[0]["depth"]
            np.testing.assert_array_equal(stepped[:, :, 1], away[:, :, 1])
    assert min(areas) > 90, areas  # px, no fewer than it takes to see how it is turned


def test_a_glimpse_begins_anywhere_and_ends_when_told(full: DepthGraspEnv) -> None:
    tools = set()
    for seed in range(4):
        first, _ = full.reset(seed=seed, options={"glimpse": 2})
        again, _ = full.reset(seed=seed, options={"glimpse": 2})
        np.testing.assert_array_equal(first["depth"], again["depth"])
        tools.add(tuple(np.round(first["state"][:3], 2)))
        still = np.zeros(5, np.float32)
        assert full.step(still)[2:4] == (False, False)
        *_, terminated, truncated, info = full.step(still)
        assert (terminated, truncated, info["is_success"]) == (False, True, False)
    assert len(tools) == 4
    full.reset(seed=0)
    assert all(full.step(still)[2:4] == (False, False) for _ in range(5))


def test_there_are_no_glimpses_of_the_guided_task(shared: DepthGraspEnv) -> None:
    with pytest.raises(RobotError, match="glimpse"):
        shared.reset(options={"glimpse": 1})
