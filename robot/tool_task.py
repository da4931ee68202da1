"""What grasp tasks share: a workspace, bounded observations with names, checked actions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot.command import ArmState, JointCommand, Vector
from robot.errors import CommandRefusedError, RobotError
from robot.model import ArmModel
from robot.pose import quarter_turn, tool_pose

Observation = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Where the block is thought to be: centre [3] in the base frame [m], heading [rad]."""

    position: Vector
    yaw: float = 0.0


class TaskTimes(Protocol):
    """How long a task's parts take, in control periods but for the first."""

    @property
    def period(self) -> float:
        """Return the control period [s]."""

    @property
    def steps(self) -> int:
        """Return how many steps the policy takes at most."""

    @property
    def close_steps(self) -> int:
        """Return the periods that the jaws are given to close, or to open."""

    @property
    def lift_steps(self) -> int:
        """Return the periods of a way straight up or down."""

    @property
    def hold_steps(self) -> int:
        """Return the periods a block must stay held."""


class ToolTask(ABC):
    """A task in which a policy moves the tool target of an arm, and sees a block.

    Observations and actions are named by the class; ``observation_names`` are ``block_names``,
    then ``proprioception_names``, which need no sight of the block.
    """

    action_size: int
    block_names: tuple[str, ...]
    proprioception_names: tuple[str, ...]
    observation_names: tuple[str, ...]
    observation_bound = 4.0
    length_scale = 0.05
    """Length that reads as 1 in an observation [m]."""

    config: TaskTimes
    step: int
    """Steps taken since ``reset``."""

    def __init__(self, model: ArmModel, block_size: float, clearance: float, margin: float) -> None:
        """Prepare for blocks of edge ``block_size``; the arm's grasp zone says how it leans.

        clearance: how much higher than usual the tool grasps; margin: how far the tool target may
        leave the spawn area. All [m].
        """
        self.model = model
        zone = model.grasp
        self.block_height = model.table_height + block_size / 2
        self.grasp_height = self.block_height + zone.grasp_clearance + clearance
        self._start_height = model.table_height + zone.approach_height
        self.centre = (*zone.area_centre, self.grasp_height)
        reach = [0.5 * side + margin for side in zone.area_size]
        self._low = [c - r for c, r in zip(zone.area_centre, reach, strict=True)]
        self._high = [c + r for c, r in zip(zone.area_centre, reach, strict=True)]

    @property
    @abstractmethod
    def start_command(self) -> JointCommand:
        """Return where every episode starts: above the middle of the area, jaws open."""

    @property
    @abstractmethod
    def closed(self) -> float:
        """Return the opening that the jaws are told to close to [m]."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Return whether the policy's part is over and only ``finale`` is left."""

    @property
    @abstractmethod
    def finale_steps(self) -> int:
        """Return how many commands ``finale`` yields."""

    @property
    def scene_names(self) -> tuple[str, ...]:
        """Return the names of what else than the arm makes a scene of the task."""
        return self.block_names

    def scene_values(self, block: Block) -> Vector:
        """Return what ``scene_names`` name: where ``block`` is [m] and how turned [rad]."""
        return np.array([*block.position, quarter_turn(block.yaw)])[: len(self.block_names)]

    @property
    def put_down_steps(self) -> int:
        """Return how many commands ``put_down`` yields."""
        return self.config.close_steps + 2 * self.config.lift_steps

    @abstractmethod
    def reset(self, state: ArmState) -> None:
        """Begin an episode with the tool where ``state`` measured it."""

    @abstractmethod
    def command(self, action: Vector | Observation, state: ArmState) -> JointCommand:
        """Return the joint command for ``action`` [a] in [-1, 1] and take one step.

        Raises CommandRefusedError if the action is not as many finite numbers.
        """

    @abstractmethod
    def action_towards(self, command: JointCommand, state: ArmState) -> Observation:
        """Return the action [a] in [-1, 1] that comes nearest to giving ``command``, float32.

        The inverse of ``command``, as far as one step and its target can go: for replaying what
        was recorded elsewhere. state: as measured now.
        """

    @abstractmethod
    def finale(self, state: Callable[[], ArmState]) -> Iterator[tuple[str, JointCommand]]:
        """Yield ``close``, ``lift`` or ``hold`` and a command, one a control period.

        state: measures the arm. The block counts as grasped if it is up during every period of
        the hold.
        """

    def put_down(self) -> Iterator[tuple[str, JointCommand]]:
        """Yield ``back`` and a command, one a control period: lay back what is held, withdraw.

        The jaws stay as they were told until the block is on the table, then open.
        """
        high, low, steps = self._height, self.grasp_height, self.config.lift_steps
        for i in range(steps):
            yield "back", self._straight(low + (high - low) * (1.0 - (i + 1) / steps), None)
        for _ in range(self.config.close_steps):
            yield "back", self._straight(low, self.model.gripper.max_opening)
        yield from self.withdrawal()

    def withdrawal(self) -> Iterator[tuple[str, JointCommand]]:
        """Yield ``back`` and a command, one a control period: up from here with open jaws."""
        low, high, steps = self._height, self._start_height, self.config.lift_steps
        for i in range(steps):
            height = low + (high - low) * (i + 1) / steps
            yield "back", self._straight(height, self.model.gripper.max_opening)

    @property
    @abstractmethod
    def _height(self) -> float:
        """Return the height of the tool target [m]."""

    @abstractmethod
    def _straight(self, z: float, gripper: float | None) -> JointCommand:
        """Return the command that moves the target to height ``z``; None: jaws as they are."""

    @abstractmethod
    def _block_values(self, state: ArmState, block: Block) -> tuple[float, ...]:
        """Return what ``block_names`` name."""

    @abstractmethod
    def _own_values(self, state: ArmState) -> tuple[float, ...]:
        """Return what ``proprioception_names`` name."""

    def observation(self, state: ArmState, block: Block) -> Observation:
        """Return what the policy sees, float32 [o], named by ``observation_names``.

        Lengths are in units of 5 cm. Raises RobotError if a measurement is not finite.
        """
        return self._bounded(
            (*self._block_values(state, block), *self._own_values(state)), self.observation_names
        )

    def block_observation(self, state: ArmState, block: Block) -> Observation:
        """Return the first part of ``observation``, named by ``block_names``."""
        return self._bounded(self._block_values(state, block), self.block_names)

    def proprioception(self, state: ArmState) -> Observation:
        """Return the rest of ``observation``: what needs no sight of the block."""
        return self._bounded(self._own_values(state), self.proprioception_names)

    def _bounded(self, values: tuple[float, ...], names: tuple[str, ...]) -> Observation:
        if not isfinite(sum(values)):
            seen = dict(zip(names, values, strict=True))
            raise RobotError(f"a measurement is not finite: {seen}")
        bound = self.observation_bound
        return np.array([min(bound, max(-bound, value)) for value in values], dtype=np.float32)

    def _checked(self, action: Vector | Observation) -> list[float]:
        values: list[float] = action.tolist()
        if action.shape != (self.action_size,) or not isfinite(sum(values)):
            raise CommandRefusedError(f"action {values} is not {self.action_size} finite numbers")
        return values

    def _solve(self, x: float, y: float, z: float, jaw_yaw: float, near: Vector) -> Vector:
        tilt = self.model.grasp.tilt(x, y, z)
        return self.model.kinematics.inverse(tool_pose(x, y, z, tilt, jaw_yaw), near)


def clipped(values: list[float]) -> Observation:
    """Return ``values`` clipped to [-1, 1], float32."""
    return np.array([min(1.0, max(-1.0, value)) for value in values], dtype=np.float32)
