import numpy as np
import pytest
from grasp_rollouts import LENGTH, PLACES, Act, Array, play, true_offset

from robot.command import JointCommand
from robot.model import load_arm
from sim.bullet import pybullet
from sim.expert import GraspExpert
from sim.grasp_env import GraspEnv
from sim.reward import RewardScales

MODEL = load_arm("dofbot")
STILL = np.zeros(2, np.float32)


def test_success_is_told_at_the_last_step_alone(env: GraspEnv) -> None:
    observation, _ = env.reset(seed=1)
    for step in range(1, 101):
        observation, _, terminated, truncated, info = env.step(GraspExpert().act(observation))
        assert terminated == (step == 100) == ("is_success" in info)
        assert not truncated
    assert info["is_success"] is True


def beside(dx: float, dy: float) -> Act:
    """Return a policy that steers the tool to ``(dx, dy)`` [m] off the block."""
    offset = np.array([dx, dy]) / LENGTH

    def act(observation: Array) -> Array:
        gap = 5.0 * (observation[0:2] + offset - observation[6:8])
        return np.clip(gap, -1.0, 1.0).astype(np.float32)

    return act


def watch_contact(env: GraspEnv) -> list[float]:
    """Return a list that will hold how deep the arm is in the block [m] whenever they touch."""
    depths: list[float] = []
    block = 2  # third body of the scene, after arm and table

    def look() -> None:
        contacts = pybullet.getContactPoints(
            env.scene.arm.body, block, physicsClientId=env.scene.world.client
        )
        depths.extend(-contact[8] for contact in contacts if contact[9] > 0.0)

    env.on_period = look
    return depths


@pytest.mark.parametrize("dy", [0.025, -0.025])
@pytest.mark.parametrize("place", PLACES)
def test_a_touch_beside_the_block_is_no_success(
    env: GraspEnv, dy: float, place: tuple[float, float]
) -> None:
    depths = watch_contact(env)
    assert not play(env, beside(0.0, dy), place)
    assert depths, "did not touch"
    assert max(depths) < 0.003, "fingers sink into the block"


def obey_with_jaws(
    env: GraspEnv, monkeypatch: pytest.MonkeyPatch, opening: float, periods: range
) -> None:
    """Make the arm keep its jaws ``opening`` apart in these ``periods`` of an episode."""
    obey, count = env.scene.arm.command, iter(range(1000))

    def command(asked: JointCommand) -> JointCommand:
        if next(count) in periods:
            asked = JointCommand(asked.positions, opening)
        return obey(asked)

    monkeypatch.setattr(env.scene.arm, "command", command)


def test_a_block_between_jaws_that_never_close_is_no_success(
    env: GraspEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    obey_with_jaws(env, monkeypatch, MODEL.gripper.max_opening, range(1000))
    assert not play(env, GraspExpert().act, PLACES[1])


def test_jaws_closed_from_the_start_push_the_block_without_success(
    env: GraspEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    obey_with_jaws(env, monkeypatch, MODEL.gripper.min_opening, range(1000))
    depths = watch_contact(env)
    assert not play(env, GraspExpert().act, PLACES[1])
    assert depths, "did not touch"


@pytest.mark.parametrize("moment", [0.1, 0.3])
def test_a_block_dropped_within_the_half_second_after_the_lift_is_no_success(
    env: GraspEnv, monkeypatch: pytest.MonkeyPatch, moment: float
) -> None:
    heights: list[float] = []
    env.on_period = lambda: heights.append(env.scene.block().position[2])
    config = env.task.config
    lifted = config.steps + config.close_steps + config.lift_steps
    release = lifted + round(moment / config.period)
    obey_with_jaws(env, monkeypatch, MODEL.gripper.max_opening, range(release, 1000))
    assert not play(env, GraspExpert().act, PLACES[1])
    assert max(heights) > env.scene.rest_height + 0.05, "was never lifted"


@pytest.mark.parametrize("low", [0, 5, 10])
def test_a_block_that_is_low_at_any_moment_of_the_hold_is_no_success(
    env: GraspEnv, monkeypatch: pytest.MonkeyPatch, low: int
) -> None:
    moments = iter(range(env.task.config.hold_steps))
    monkeypatch.setattr(env.scene, "lifted", lambda: next(moments) != low)
    assert not play(env, GraspExpert().act, PLACES[1])


def test_no_constant_action_grasps_more_than_half_of_the_area(env: GraspEnv) -> None:
    for x, y in [(0.0, 0.0), (0.0, 0.03), (0.015, 0.0), (1.0, 1.0)]:
        action = np.array([x, y], np.float32)
        assert sum(play(env, lambda _, a=action: a, place) for place in PLACES) <= 3


def test_the_block_must_be_seen_to_be_grasped(env: GraspEnv) -> None:
    expert = GraspExpert()

    def blind(observation: Array) -> Array:
        hidden = observation.copy()
        hidden[:2] = 0.0
        return expert.act(hidden)

    assert sum(play(env, blind, place) for place in PLACES) <= 2


def test_the_reward_is_the_sum_of_its_named_terms_times_their_scales(env: GraspEnv) -> None:
    scales = RewardScales()
    names = list(RewardScales.__dataclass_fields__)
    observation, _ = env.reset(seed=2)
    for step in range(1, 101):
        observation, reward, _, _, info = env.step(GraspExpert().act(observation))
        terms = info["reward_terms"]
        assert sorted(terms) == sorted(names)
        assert reward == pytest.approx(sum(getattr(scales, name) * terms[name] for name in names))
        distance = np.hypot(*true_offset(env)[:2])
        assert terms["distance"] == pytest.approx(distance, abs=1e-4)
        assert terms["grasp"] == (1.0 if step == 100 else 0.0)


def test_a_policy_that_comes_nearer_earns_more(env: GraspEnv) -> None:
    def earned(act: Act, steps: int = 60) -> float:
        observation, _ = env.reset(options={"block": PLACES[0]})
        total = 0.0
        for _ in range(steps):
            observation, reward, *_ = env.step(act(observation))
            total += reward
        return total

    away, still, near = (earned(act) for act in (beside(0, 0.1), lambda _: STILL, beside(0, 0)))
    assert away < still < near


def test_a_grasp_earns_its_bonus(env: GraspEnv) -> None:
    observation, _ = env.reset(seed=2)
    rewards = []
    for _ in range(100):
        observation, reward, *_ = env.step(GraspExpert().act(observation))
        rewards.append(reward)
    assert rewards[-1] > 4.0
    assert max(rewards[:-1]) <= 0.0
