"""Plays a recorded episode on an arm at its real time stamps, and measures how well it follows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from cli.demonstrated_arm import command_of
from hardware.errors import StaleCommandError
from policies.demonstrations.episode import Episode
from robot.arm import Arm
from robot.command import ArmState, JointCommand, Vector
from robot.forgiving import Forgiving
from robot.loop import ControlLoop
from robot.model import ArmModel
from robot.pilot import Pilot

RATE = 20.0  # [Hz] of commands on the way to the first pose
PACE = 0.1  # [s] between commands where the recording has fewer; an arm holds after 0.3 s without
JAWS = 1.0  # [s] for them to open or close before the episode begins
TOO_MANY = 5  # late commands in a row
CLAMPED = 1e-6  # [rad or m]


@dataclass(frozen=True, slots=True)
class Following:
    """How far an arm was from a recording while it was played.

    joint_rms, joint_max [rad], over all joints; tool_rms, tool_max [m]; gripper_max [m];
    worst_joint: where joint_max was. limited: commands that the arm did not apply as they were.
    late_max: by how much a command was sent after its time stamp [s].
    """

    frames: int
    seconds: float
    joint_rms: float
    joint_max: float
    worst_joint: str
    tool_rms: float
    tool_max: float
    gripper_max: float
    limited: int
    late_max: float

    def __str__(self) -> str:
        return (
            f"joints {np.degrees(self.joint_rms):.2f} deg rms,"
            f" {np.degrees(self.joint_max):.2f} max ({self.worst_joint});"
            f" tool {1e3 * self.tool_rms:.1f} mm rms, {1e3 * self.tool_max:.1f} max;"
            f" gripper {1e3 * self.gripper_max:.1f} mm max"
        )


@dataclass(slots=True)
class Replay:
    """Plays ``episode`` on the connected ``arm``, ``speed`` times as fast as it was recorded.

    What the arm measured before each command so far is in ``measured``, whatever ends it.
    """

    arm: Arm
    episode: Episode
    speed: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    measured: list[ArmState] = field(default_factory=list)
    limited: int = 0
    late_max: float = 0.0

    def go_to_start(self) -> None:
        """Go slowly to the first pose, clear of table and base; then the jaws move.

        Raises UnreachableError, ArmError.
        """
        model, first = self.arm.model, command_of(self.episode.states[0])
        pose = np.clip(first.positions, model.lower, model.upper)
        loop = ControlLoop(RATE, clock=self.clock, sleep=self.sleep)
        pilot = Pilot(self.arm, loop, forgive=(StaleCommandError,))
        pilot.go(pose)
        pilot.rest(0.0)
        forgiving = self._forgiving()
        ready = JointCommand(pose, command_of(self.episode.actions[0]).gripper)
        for _ in loop.run(round(JAWS * RATE)):
            forgiving.command(ready)

    def frames(self) -> Iterator[int]:
        """Send each command when its time has come, and yield its number. Raises ArmError."""
        forgiving, last = self._forgiving(), command_of(self.episode.actions[0])
        begun = self.clock()
        for number, row in enumerate(self.episode.actions):
            due = begun + self.episode.stamps[number] / self.speed
            while (left := due - self.clock()) > PACE:
                self.sleep(PACE)
                forgiving.command(last)
            self.sleep(max(0.0, left))
            self.late_max = max(self.late_max, self.clock() - due)
            self.measured.append(self.arm.state())
            last = command_of(row)
            self.limited += _differ(forgiving.command(last), last)
            yield number

    def following(self) -> Following:
        """Return how far the arm was from the recording, frame by frame, so far."""
        model, k = self.arm.model, len(self.measured)
        here = np.array([state.positions for state in self.measured])
        there = self.episode.states[:k, :-1].astype(np.float64)
        jaws = np.array([state.gripper for state in self.measured]) - self.episode.states[:k, -1]
        joints = np.abs(here - there)
        tools = np.linalg.norm(_tools(model, here) - _tools(model, there), axis=1)
        return Following(
            frames=k,
            seconds=float(self.episode.stamps[k - 1] / self.speed),
            joint_rms=float(np.sqrt(np.mean(joints**2))),
            joint_max=float(joints.max()),
            worst_joint=model.joints[int(joints.max(axis=0).argmax())],
            tool_rms=float(np.sqrt(np.mean(tools**2))),
            tool_max=float(tools.max()),
            gripper_max=float(np.abs(jaws).max()),
            limited=self.limited,
            late_max=self.late_max,
        )

    def _forgiving(self) -> Forgiving:
        return Forgiving(self.arm, (StaleCommandError,), TOO_MANY)


def _differ(applied: JointCommand, asked: JointCommand) -> bool:
    apart = np.abs(applied.positions - asked.positions).max()
    return bool(max(apart, abs(applied.gripper - asked.gripper)) > CLAMPED)


def _tools(model: ArmModel, positions: Vector) -> Vector:
    return np.array([model.kinematics.tool_position(row) for row in positions])
