from collections.abc import Iterator

import numpy as np
import pytest
from hand_clock import HandClock

from cli.arms import Cell
from cli.deployment import Deployment, Grasping, deploy
from cli.sight import NoBlockError, Told
from cli.tables import RealTable, SaidTable
from robot.command import ArmState, JointCommand
from robot.kinematic_arm import KinematicArm
from robot.loop import ControlLoop
from robot.model import load_arm
from robot.task import Block, GraspTask, GraspTaskConfig

MODEL = load_arm("dofbot")
CONFIG = GraspTaskConfig(narrowest_block=0.024, close_steps=18, settle_steps=6)
BLOCK = Block(np.array([0.22, 0.0, MODEL.table_height + 0.015]))


class Jaws(KinematicArm):
    """Jaws that meet something ``wide`` [m], and close at ``speed`` [m/s]."""

    wide, speed = 0.0, 1.0

    def command(self, command: JointCommand) -> JointCommand:
        self.told = command.gripper
        return super().command(command)

    def state(self) -> ArmState:
        true = super().state()
        now = true.stamp
        opening = getattr(self, "opening", MODEL.gripper.max_opening)
        goal = max(self.wide, getattr(self, "told", opening))
        step = self.speed * (now - getattr(self, "then", now))
        self.opening = opening + float(np.clip(goal - opening, -step, step))
        self.then = now
        return ArmState(true.positions, true.velocities, self.opening, now, ())


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def arm(clock: HandClock) -> Iterator[Jaws]:
    with Jaws(MODEL, positions=MODEL.home, clock=clock) as arm:
        yield arm


def grasp(arm, clock, episodes=1, act=lambda seen: np.zeros(2, np.float32), table=RealTable):
    def sleep(seconds: float) -> None:
        clock.now += seconds

    task = GraspTask(MODEL, CONFIG)
    loop = ControlLoop(1.0 / CONFIG.period, clock=clock, sleep=sleep)
    done = Deployment()
    sight = Told(task, lambda: BLOCK)
    grasping = Grasping(Cell(arm, None, None), task, act, sight, table(arm, task), loop)
    deploy(grasping, episodes, done, lambda number, outcome: None)
    return done


def test_jaws_that_something_keeps_open_hold_it(arm, clock):
    arm.wide = 0.029
    assert grasp(arm, clock).successes == 1


def test_empty_jaws_hold_nothing(arm, clock):
    done = grasp(arm, clock)
    assert done.successes == 0
    assert "closed on nothing" in done.outcomes[0].why


def test_empty_jaws_that_are_slow_to_close_hold_nothing_either(arm, clock):
    arm.speed = 0.035
    assert grasp(arm, clock).successes == 0


def test_what_is_held_is_laid_back_after_every_grasp(arm, clock):
    arm.wide = 0.029
    done = grasp(arm, clock, episodes=2)
    last = {moment.episode: moment.tick.phase for moment in done.moments}
    assert last == {0: "back", 1: "back"}
    heights = [
        MODEL.kinematics.tool_position(moment.tick.asked.positions)[2]
        for moment in done.moments
        if moment.episode == 1 and moment.tick.phase == "back" and moment.tick.asked.gripper < 0.03
    ]
    assert heights == sorted(heights, reverse=True)
    assert [outcome.success for outcome in done.outcomes] == [True, True]


def test_a_block_that_is_gone_on_the_way_down_is_not_grasped_at(arm, clock):
    steps = []

    def act(seen):
        steps.append(1)
        if len(steps) == 40:
            raise NoBlockError("cube: lost sight of it")
        return np.zeros(2, np.float32)

    done = grasp(arm, clock, act=act)
    assert done.outcomes[0].why == "cube: lost sight of it"
    phases = {moment.tick.phase for moment in done.moments}
    assert phases == {"start", "policy", "back"}


def test_where_a_block_was_only_said_to_lie_nobody_judges(arm, clock):
    done = grasp(arm, clock, table=lambda arm, task: SaidTable(arm, task, [(0.22, 0.0)]))
    assert done.outcomes[0].success is None
    assert done.successes is None
