"""One grasp on any arm at its real pace: go to the start, follow the policy, hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot.arm import Arm
from robot.command import ArmState, JointCommand
from robot.errors import ArmError
from robot.forgiving import Forgiving
from robot.loop import ControlLoop
from robot.tool_task import ToolTask
from robot.trajectory import JointTrajectory

START_SPEED = 0.4  # share of the velocity limit on the way to the start pose
ARRIVAL_PERIODS = 60  # control periods that a lagging or softly started arm may come later
ARRIVED = 0.05  # [rad] from the start pose; a loaded servo sags by less
TOO_MANY = 5  # commands in a row; an arm holds after 0.3 s without any
SETTLE_PERIODS = 6  # control periods from then on

Observe = Callable[[ArmState], NDArray[Any]]
Act = Callable[[NDArray[Any]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Tick:
    """One control period: what was asked of the arm and what it applied.

    phase: ``look``, ``start``, ``policy``, ``close``, ``lift``, ``hold`` or ``back``.
    """

    phase: str
    asked: JointCommand
    applied: JointCommand


class GraspRun:
    """Runs grasps on ``arm``, one command a control period."""

    def __init__(
        self,
        arm: Arm,
        task: ToolTask,
        act: Act,
        observe: Observe,
        loop: ControlLoop | None = None,
        measure: Callable[[], ArmState] | None = None,
        forgive: tuple[type[ArmError], ...] = (),
    ) -> None:
        """Prepare; ``observe`` makes an observation of what was measured, ``act`` an action of it.

        loop: what paces the run, by the wall clock if None. measure: tells the arm's state, its
        jaws as they are about the block; the arm itself does if None. forgive: errors of one
        command that the next one makes up for; five in a row are not forgiven.
        """
        self.arm, self.task, self._act, self._observe = arm, task, act, observe
        self._measure = measure or arm.state
        self._forgiving = Forgiving(arm, forgive, TOO_MANY)
        self.closed = False
        """Whether the jaws have closed, and not been told to open since."""
        self.loop = loop or ControlLoop(1.0 / task.config.period)

    def go_to_start(self) -> Iterator[Tick]:
        """Open the jaws and move slowly to the task's start pose; see ``go_to``."""
        yield from self.go_to(self.task.start_command, "start")

    def go_to(self, goal: JointCommand, phase: str) -> Iterator[Tick]:
        """Move slowly to ``goal``, the jaws at once, one tick a control period.

        Ends soon after the arm has arrived there, or three seconds after it should have.
        """
        here = self.arm.state()
        way = JointTrajectory(
            here.positions, goal.positions, self.arm.model, velocity_scale=START_SPEED
        )
        period = self.task.config.period
        for tick in self.loop.run(ceil(way.duration / period)):
            positions, _ = way.sample((tick + 1) * period)
            yield self._send(phase, JointCommand(positions, goal.gripper))
        for _ in self.loop.run(ARRIVAL_PERIODS):
            if np.abs(self.arm.state().positions - goal.positions).max() < ARRIVED:
                break
            yield self._send(phase, goal)
        for _ in self.loop.run(SETTLE_PERIODS):
            yield self._send(phase, goal)

    def stay(self, goal: JointCommand, phase: str) -> Iterator[Tick]:
        """Keep commanding ``goal``, one tick a control period, for as long as ticks are taken."""
        for _ in self.loop.run():
            yield self._send(phase, goal)

    def grasp(self) -> Iterator[Tick]:
        """Follow the policy to the end of its part, then do what is left to the task, and hold."""
        self.task.reset(self.arm.state())
        for _ in self.loop.run(self.task.config.steps):
            if self.task.finished:
                break
            state = self._measure()
            action = self._act(self._observe(state))
            yield self._send("policy", self.task.command(action, state))
        yield from self._all(self.task.finale(self._measure), self.task.finale_steps)

    def withdraw(self) -> Iterator[Tick]:
        """Give a grasp up: open the jaws and rise straight from where the tool is."""
        yield from self._all(self.task.withdrawal(), self.task.config.lift_steps)

    def put_down(self) -> Iterator[Tick]:
        """Lay back what was lifted, where it was grasped, and rise."""
        yield from self._all(self.task.put_down(), self.task.put_down_steps)

    def _all(self, commands: Iterator[tuple[str, JointCommand]], count: int) -> Iterator[Tick]:
        for _, command in zip(self.loop.run(count), commands, strict=True):
            yield self._send(*command)

    def _send(self, phase: str, command: JointCommand) -> Tick:
        self.closed = command.gripper < self.task.model.gripper.max_opening
        return Tick(phase, command, self._forgiving.command(command))
