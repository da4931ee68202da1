"""The contract of placing: the full grasp, then to a marked target, down, and let go."""

import math
from dataclasses import dataclass

import numpy as np

from robot.command import ArmState, JointCommand, Vector
from robot.errors import RobotError
from robot.full_task import FullGraspTask, FullTaskConfig, Pose
from robot.model import ArmModel
from robot.tool_task import Block, Observation

Target = tuple[float, float]
"""x and y [m, base frame]."""

TARGET_NAMES = ("target_x", "target_y")

_ROUNDING = 1e-4  # [m] by which a recorded place may be beyond what was allowed


@dataclass(frozen=True, slots=True)
class PlaceTaskConfig(FullTaskConfig):
    """Placing; times in control periods unless a unit is given."""

    steps: int = 300
    """Steps after which an episode is cut."""
    near_target: float = 0.02
    """How far from its target a block may be put [m]."""
    tighter: float = 0.0015
    """What is carried creeps out of jaws that only stay where they are."""
    apart: float = 0.04
    """How far from the block its target is at least when an episode starts [m]."""


class PlaceTask(FullGraspTask):
    """Place: the policy grasps the block as in the full grasp, and puts it on a target.

    It observes the 14 numbers of ``FullGraspTask``, then x and y of the target relative to the
    tool, which need no sight of the block; its action [5] is the same. Set ``target`` before
    ``reset``.
    """

    config: PlaceTaskConfig

    proprioception_names = (*FullGraspTask.proprioception_names, *TARGET_NAMES)
    observation_names = FullGraspTask.block_names + proprioception_names

    def __init__(self, model: ArmModel, config: PlaceTaskConfig | None = None) -> None:
        """Prepare the task for ``model``; the target is the middle of its spawn area.

        Raises RobotError if that is too small for a target apart from every block.
        """
        config = config or PlaceTaskConfig()
        if config.apart >= 0.5 * math.hypot(*model.grasp.area_size):
            raise RobotError(
                f"place: no target in a spawn area of {model.grasp.area_size} m is"
                f" {config.apart:g} m from every block: choose less for apart"
            )
        self._target_place: Target = model.grasp.area_centre
        self._grasped = self._released = False
        super().__init__(model, config)

    @property
    def target(self) -> Target:
        """Return where the block is to be put [m, base frame]."""
        return self._target_place

    @target.setter
    def target(self, place: Target) -> None:
        """Put the block there. Raises RobotError if it is out of reach."""
        self.check_target(place)
        self._target_place = place

    def check_target(self, target: Target, block: Target | None = None) -> None:
        """Raise RobotError for a ``target`` out of reach, or too near to where ``block`` lies."""
        self.model.grasp.check_place(*target, _ROUNDING, what="target", does="places")
        if block is not None and not self.is_apart(target, block):
            raise RobotError(
                f"target ({target[0]:.3f}, {target[1]:.3f}) m is {math.dist(target, block):.3f} m"
                f" from the block: put it at least {self.config.apart:g} m away"
            )

    def is_apart(self, target: Target, block: Target) -> bool:
        """Return whether there is a way to carry between the two."""
        return math.dist(target, block) >= self.config.apart - _ROUNDING

    def draw_target(self, block: Target, random: np.random.Generator) -> Target:
        """Return a random target in the spawn area, apart from ``block`` [m]."""
        while not self.is_apart(target := self.model.grasp.draw_place(random), block):
            pass
        return target

    @property
    def finished(self) -> bool:
        """Return whether the jaws let go and the tool has risen, or no steps are left."""
        return self._released or self.step >= self.config.steps

    def command(self, action: Vector | Observation, state: ArmState) -> JointCommand:
        """Return the joint command for ``action`` [5] in [-1, 1] and take one step.

        Raises CommandRefusedError if the action is not five finite numbers.
        """
        command = super().command(action, state)
        self._grasped = self._grasped or self.closing >= 1.0
        risen = self._tool(state)[2] >= self.grasp_height + self.config.risen
        self._released = self._grasped and self.closing == 0.0 and risen
        return command

    @property
    def scene_names(self) -> tuple[str, ...]:
        """Return the names of where the block and its target are."""
        return (*self.block_names, *TARGET_NAMES)

    def scene_values(self, block: Block) -> Vector:
        """Return what ``scene_names`` name."""
        return np.array([*super().scene_values(block), *self._target_place])

    def _begin(self, target: Pose, q: Vector) -> None:
        super()._begin(target, q)
        self._grasped = self._released = False

    def _own_values(self, state: ArmState) -> tuple[float, ...]:
        x, y, _, _ = self._tool(state)
        to_x, to_y = self._target_place
        scale = 1.0 / self.length_scale
        return (*super()._own_values(state), (to_x - x) * scale, (to_y - y) * scale)
