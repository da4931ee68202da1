from collections.abc import Iterator
from itertools import groupby

import numpy as np
import pytest
from hand_clock import HandClock
from numpy.typing import NDArray

from robot.command import ArmState, JointCommand
from robot.errors import ArmError
from robot.grasp_run import GraspRun, Tick
from robot.kinematic_arm import KinematicArm
from robot.loop import ControlLoop
from robot.model import load_arm
from robot.task import Block, GraspTask, GraspTaskConfig

MODEL = load_arm("dofbot")
CONFIG = GraspTaskConfig()
BLOCK = Block(np.array([0.205, 0.035, 0.003]))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def arm(clock: HandClock) -> Iterator[KinematicArm]:
    with KinematicArm(MODEL, positions=MODEL.rest, clock=clock) as arm:
        yield arm


class Steersman:
    """Steers the tool target to the block, and keeps what it saw."""

    def __init__(self) -> None:
        self.seen: list[NDArray[np.float32]] = []

    def __call__(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        self.seen.append(observation)
        gap = 5.0 * (observation[0:2] - observation[6:8])
        return np.clip(gap, -1.0, 1.0).astype(np.float32)


@pytest.fixture
def act() -> Steersman:
    return Steersman()


@pytest.fixture
def run(arm: KinematicArm, clock: HandClock, act: Steersman) -> GraspRun:
    def sleep(seconds: float) -> None:
        clock.now += seconds

    loop = ControlLoop(1.0 / CONFIG.period, clock=clock, sleep=sleep)
    task = GraspTask(MODEL)
    return GraspRun(arm, task, act, lambda state: task.observation(state, BLOCK), loop)


def whole(run: GraspRun) -> list[Tick]:
    return [*run.go_to_start(), *run.grasp()]


def test_goes_from_start_to_hold_and_ends_above_the_block(run: GraspRun, act: Steersman) -> None:
    ticks = whole(run)
    phases = [(phase, len(list(group))) for phase, group in groupby(tick.phase for tick in ticks)]
    assert [phase for phase, _ in phases] == ["start", "policy", "close", "lift", "hold"]
    assert [count for _, count in phases[1:]] == [
        CONFIG.steps,
        CONFIG.close_steps,
        CONFIG.lift_steps,
        CONFIG.hold_steps,
    ]
    state = run.arm.state()
    x, y, z = MODEL.kinematics.tool_position(state.positions)
    assert (x, y) == pytest.approx(tuple(BLOCK.position[:2]), abs=0.002)
    assert z == pytest.approx(run.task.grasp_height + MODEL.grasp.lift_height, abs=0.002)
    assert state.gripper == pytest.approx(CONFIG.block_size - MODEL.gripper.squeeze, abs=1e-6)


def test_the_policy_begins_at_the_start_pose_and_sees_every_step(
    run: GraspRun, act: Steersman
) -> None:
    list(run.go_to_start())
    start = run.task.start_command
    np.testing.assert_allclose(run.arm.state().positions, start.positions, atol=1e-3)
    assert run.arm.state().gripper == pytest.approx(start.gripper)
    list(run.grasp())
    assert len(act.seen) == CONFIG.steps
    assert act.seen[0].shape == (len(GraspTask.observation_names),)
    assert [seen[-1] for seen in act.seen] == pytest.approx(np.linspace(1.0, 0.01, CONFIG.steps))


def test_the_policy_acts_on_what_is_observed_of_the_measured_arm(
    arm: KinematicArm, run: GraspRun
) -> None:
    measured, acted_on = [], []

    def observe(state: ArmState) -> NDArray[np.uint8]:
        measured.append(state)
        return np.full((4, 4), len(measured), np.uint8)

    def act(observation: NDArray[np.uint8]) -> NDArray[np.float32]:
        acted_on.append(int(observation[0, 0]))
        return np.zeros(2, np.float32)

    list(GraspRun(arm, run.task, act, observe, run.loop).grasp())
    assert acted_on == list(range(1, CONFIG.steps + 1))
    heights = [MODEL.kinematics.tool_position(state.positions)[2] for state in measured]
    assert heights[0] > heights[-1] + 0.02


def test_sends_one_command_a_period(run: GraspRun, clock: HandClock) -> None:
    stamps = [clock.now for _ in run.grasp()]
    np.testing.assert_allclose(np.diff(stamps), CONFIG.period)
    assert run.loop.report().count == len(stamps)
    assert run.loop.report().overruns == 0


def test_the_way_to_the_start_is_slow_and_the_limits_clamp_nothing(run: GraspRun) -> None:
    ticks = whole(run)
    for tick in ticks:
        np.testing.assert_array_equal(tick.applied.positions, tick.asked.positions)
    way = np.array([tick.asked.positions for tick in ticks if tick.phase == "start"])
    speeds = np.abs(np.diff(way, axis=0)) / CONFIG.period
    assert (speeds <= 0.5 * MODEL.max_velocity).all()


def test_grasps_again_in_the_same_way(run: GraspRun) -> None:
    list(run.go_to_start())
    first = list(run.grasp())
    list(run.go_to_start())
    for tick, again in zip(first, run.grasp(), strict=True):
        np.testing.assert_allclose(again.asked.positions, tick.asked.positions, atol=1e-3)


def test_a_stopped_arm_ends_the_run(run: GraspRun) -> None:
    ticks = run.grasp()
    next(ticks)
    run.arm.stop()
    with pytest.raises(ArmError, match="stopped"):
        next(ticks)


def test_a_policy_that_answers_nan_moves_nothing(arm: KinematicArm, run: GraspRun) -> None:
    list(run.go_to_start())
    before = arm.state().positions
    nan = np.full(2, np.nan, np.float32)
    mad = GraspRun(arm, run.task, lambda _: nan, lambda _: np.empty(0), run.loop)
    with pytest.raises(ArmError, match="nan"):
        list(mad.grasp())
    np.testing.assert_array_equal(arm.state().positions, before)


class LateArm(KinematicArm):
    """Does nothing until some time has passed, as behind a server that starts softly."""

    deaf_until = 2.5

    def command(self, command: JointCommand) -> JointCommand:
        return super().command(command) if self.state().stamp > self.deaf_until else command


@pytest.mark.parametrize(("deaf_until", "arrives"), [(2.5, True), (60.0, False)])
def test_the_policy_waits_for_an_arm_that_comes_late_but_not_for_ever(
    run: GraspRun, clock: HandClock, deaf_until: float, arrives: bool
) -> None:
    with LateArm(MODEL, positions=MODEL.rest, clock=clock) as arm:
        arm.deaf_until = deaf_until
        late = GraspRun(arm, run.task, Steersman(), lambda _: np.empty(0), run.loop)
        list(late.go_to_start())
        away = np.abs(arm.state().positions - run.task.start_command.positions).max()
    assert (away < 1e-3) == arrives
    assert clock.now < 7.0


def test_a_grasp_that_is_given_up_opens_the_jaws_and_rises_straight(run, arm):
    whole_way = list(run.go_to_start())
    ticks = run.grasp()
    for _ in range(60):
        next(ticks)
    ticks.close()
    tool = MODEL.kinematics.tool_position
    low = tool(arm.state().positions)
    back = [tick.asked for tick in run.withdraw()]
    places = np.array([tool(command.positions) for command in back])
    assert whole_way
    assert {command.gripper for command in back} == {MODEL.gripper.max_opening}
    assert (np.diff(places[:, 2]) > 0).all()
    assert np.abs(places[:, :2] - low[:2]).max() < 0.01
    top = MODEL.table_height + MODEL.grasp.approach_height
    assert places[-1, 2] == pytest.approx(top, abs=1e-6)


def test_what_was_lifted_is_laid_back_before_the_jaws_open(run):
    whole(run)
    lifted = run.task.closed
    back = [tick.asked for tick in run.put_down()]
    heights = [MODEL.kinematics.tool_position(command.positions)[2] for command in back]
    opened = next(i for i, command in enumerate(back) if command.gripper > lifted)
    assert heights[opened] == pytest.approx(run.task.grasp_height, abs=1e-6)
    assert {command.gripper for command in back[:opened]} == {lifted}
    assert {command.gripper for command in back[opened:]} == {MODEL.gripper.max_opening}
    assert max(heights[opened:]) > run.task.grasp_height + 0.05


def test_an_arm_stays_for_as_long_as_it_is_asked_to(run):
    goal = JointCommand(MODEL.grasp.look, MODEL.gripper.max_opening)
    ticks = run.stay(goal, "look")
    assert {next(ticks).phase for _ in range(100)} == {"look"}
