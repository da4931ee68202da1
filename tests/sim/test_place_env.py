import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from full_rollouts import expert, full_env, misses, play, trace, trace_digest

import sim  # noqa: F401
from policies.statistics import wilson_interval
from robot.errors import RobotError, UnknownNameError
from robot.full_task import FullTaskConfig
from robot.model import load_arm
from robot.place_task import PlaceTask, PlaceTaskConfig
from sim.depth_env import DepthGraspEnv
from sim.full_reward import FullRewardScales
from sim.grasp_env import GraspEnv
from sim.place_reward import PLACE_REWARDS, PlaceRewardScales, place_reward
from sim.render import picture

ID = "twinarm/DofbotGrasp-v0"
ZONE = load_arm("dofbot").grasp
CONFIG = PlaceTaskConfig()
SETTINGS = {"task": "place"}
STILL = np.zeros(5, np.float32)
BLOCK, TARGET = (0.21, -0.03, 0.4), (0.23, 0.02)


@pytest.fixture(scope="module")
def seeing() -> Iterator[DepthGraspEnv]:
    env = DepthGraspEnv(task="place")
    yield env
    env.close()


def test_what_is_of_another_task_is_refused() -> None:
    with pytest.raises(RobotError, match="takes no FullTaskConfig"):
        GraspEnv(task="place", config=FullTaskConfig())
    with pytest.raises(RobotError, match="takes no PlaceTaskConfig"):
        GraspEnv(task="full", config=PlaceTaskConfig())
    with pytest.raises(RobotError, match="the place task takes PlaceRewardScales"):
        GraspEnv(task="place", scales=FullRewardScales())
    with pytest.raises(RobotError, match="the full task takes FullRewardScales"):
        GraspEnv(task="full", scales=PlaceRewardScales())
    with pytest.raises(UnknownNameError, match="reward 'precise'"):
        GraspEnv(task="place", scales="precise")


def test_an_episode_repeats_bit_for_bit_whatever_was_simulated_before(env: GraspEnv) -> None:
    first = trace(env, 5)
    env.reset(seed=3, options={"target": TARGET})
    env.step(STILL)
    picture(env.scene.world)
    assert trace(env, 5) == first


def test_another_process_gives_the_same_randomized_episode() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        there = process.submit(trace_digest, 7, "place")
        here = trace_digest(7, "place")
        assert there.result() == here


def test_targets_lie_all_over_the_area_and_apart_from_the_block(env: GraspEnv) -> None:
    drawn = [env.reset(seed=seed)[1] for seed in range(300)]
    targets = np.array([info["target"] for info in drawn])
    shares = (targets - ZONE.area_centre) / ZONE.area_size + 0.5
    assert (shares.min(axis=0) < 0.1).all() and (shares.max(axis=0) > 0.9).all()
    np.testing.assert_allclose(np.median(shares, axis=0), 0.5, atol=0.1)
    blocks = np.array([info["block"] for info in drawn])
    assert np.hypot(*(targets - blocks[:, :2]).T).min() >= CONFIG.apart - 1e-3
    assert np.ptp(blocks[:, 2]) > 0.9 * math.pi / 2


def test_the_target_lies_where_the_options_put_it_and_is_seen_there(env: GraspEnv) -> None:
    observation, info = env.reset(options={"block": BLOCK, "target": TARGET})
    assert (info["block"], info["target"]) == (BLOCK, TARGET)
    tool = env.task.model.kinematics.tool_position(env.scene.arm.state().positions)
    seen = observation[-2:] * env.task.length_scale + tool[:2]
    np.testing.assert_allclose(seen, TARGET, atol=1e-6)
    assert all(
        math.dist(env.reset(seed=seed, options={"target": (0.22, 0.0)})[1]["block"][:2], (0.22, 0))
        >= CONFIG.apart - 1e-3
        for seed in range(20)
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": (0.22, 0.3)}, r"target: y = 0\.300 m is out of reach; the policy places from"),
        ({"target": (0.22, 0.01), "block": (0.22, 0.0)}, "0.010 m from the block: put it at least"),
        ({"target": "middle"}, "target 'middle' is not x and y"),
        ({"target": (0.22,)}, "is not x and y"),
    ],
)
def test_what_no_target_can_be_is_named_with_the_mend(
    env: GraspEnv, options: dict[str, object], words: str
) -> None:
    with pytest.raises(RobotError, match=words):
        env.reset(options=options)


def test_other_tasks_know_of_no_target() -> None:
    env = full_env()
    with pytest.raises(UnknownNameError, match="unknown reset option 'target'"):
        env.reset(options={"target": TARGET})
    env.close()


def test_the_time_limit_cuts_an_episode_and_does_not_end_it(env: GraspEnv) -> None:
    steps, terminated, truncated, info = play(env, lambda _: STILL)
    assert (steps, terminated, truncated) == (CONFIG.steps, False, True)
    assert info["is_success"] is False


def test_the_reward_is_the_logged_terms_times_their_scales(env: GraspEnv) -> None:
    scales, act, over = PlaceRewardScales(), expert(env), False
    observation, _ = env.reset(seed=2)
    while not over:
        observation, reward, over, _, info = env.step(act(observation))
        terms = info["reward_terms"]
        assert set(terms) == set(PlaceRewardScales.__dataclass_fields__)
        assert reward == pytest.approx(sum(getattr(scales, name) * terms[name] for name in terms))
        assert all(math.isfinite(term) and term >= 0.0 for term in terms.values())
    assert terms["place"] == 1.0


def test_nothing_is_earned_by_staying_anywhere_and_nothing_lost_at_the_goal() -> None:
    scales, at_block, beside = PLACE_REWARDS["default"], (0.0,) * 4, (0.03, 0.0, 0.05, 0.3)

    def earned(offset: tuple[float, ...], closed: float, height: float, left: float, up: bool):
        x, y, z, turn = offset
        return scales.total(place_reward((x, y, z, turn), closed, height, left, up, False))

    for offset in (at_block, beside):
        for closed in (0.0, 1.0):
            for height in (0.0, 0.02, 0.05):
                for left in (0.0, 0.02, 0.08):
                    assert earned(offset, closed, height, left, True) <= 0.0
                    assert earned(offset, closed, height, left, False) <= 0.0
    assert earned(beside, 0.0, 0.0, 0.0, True) == pytest.approx(0.0)
    assert earned(beside, 0.0, 0.0, 0.0, False) < -0.2, "was only pushed there"
    held = [earned(at_block, 1.0, 0.05, left, True) for left in (0.08, 0.05, 0.02)]
    assert held == sorted(held)
    assert earned(at_block, 1.0, 0.0, 0.08, False) < held[0], "does not lift it"


def test_people_see_the_mark_and_a_depth_camera_does_not(seeing: DepthGraspEnv) -> None:
    images, pictures = [], []
    for target in (TARGET, (0.20, 0.04)):
        observation, _ = seeing.reset(seed=0, options={"block": BLOCK, "target": target})
        pictures.append(picture(seeing.scene.world))
        images += [observation["depth"][:, :, :1], seeing.camera.picture(np.random.default_rng(0))]
    assert (pictures[0] != pictures[1]).any(axis=2).sum() > 100
    assert all((image == images[0]).all() for image in images)


def test_who_sees_the_block_is_told_the_target_from_the_tool(seeing: DepthGraspEnv) -> None:
    observation, info = seeing.reset(seed=4)
    assert isinstance(seeing.task, PlaceTask)
    state = seeing.scene.arm.state()
    np.testing.assert_array_equal(observation["state"], seeing.task.proprioception(state))
    assert observation["state"].shape == (len(seeing.task.proprioception_names),)
    told = seeing.task.observation(state, seeing.scene.block())
    np.testing.assert_allclose(info["privileged"][:2], told[:2], atol=1e-6)
    assert info["privileged"].shape == (seeing.privileged_size,)
    *_, info = seeing.step(STILL)
    assert set(info["reward_terms"]) == set(PlaceRewardScales.__dataclass_fields__)


@pytest.mark.parametrize(
    ("arm", "randomization", "episodes", "least"),
    [("dofbot", "off", 10, 0.99), ("dofbot", "default", 25, 0.97), ("ur5", "default", 6, 0.97)],
)
def test_the_scripted_expert_puts_blocks_on_their_targets(
    arm: str, randomization: str, episodes: int, least: float
) -> None:
    missed = misses(randomization, range(episodes), "place", arm)
    _, high = wilson_interval(episodes - len(missed), episodes)
    assert high >= least, f"missed seeds {missed}"
