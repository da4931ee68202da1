"""Where a block is once jaws have taken it from where it was seen to lie."""

import numpy as np

from cli.tables import NOTHING
from robot.command import ArmState
from robot.full_task import FullGraspTask
from robot.kinematics import Matrix
from robot.pose import jaw_yaw
from robot.tool_task import Block


class Carried:
    """Takes a block along with the tool from when the jaws closed, while they hold something.

    For who knows only where it lies on the table, and a policy that lifts it and wants to know
    where it is then.
    """

    def __init__(self, task: FullGraspTask) -> None:
        """Look at the jaws of ``task``."""
        self._task = task
        self._closed_at: Matrix | None = None

    def holds(self, state: ArmState) -> bool:
        """Return whether the jaws were told to close, and something keeps them from it."""
        return self._task.shut and state.gripper > self._task.closed + NOTHING

    def block(self, state: ArmState, lying: Block) -> Block:
        """Return where the block is that was ``lying`` there until the jaws closed."""
        if not self._task.shut:
            self._closed_at = None
            return lying
        tool = self._task.model.kinematics.forward(state.positions)
        if self._closed_at is None:
            self._closed_at = tool
        if not self.holds(state):
            return lying
        T_then_now = tool @ np.linalg.inv(self._closed_at)
        position = T_then_now[:3, :3] @ lying.position + T_then_now[:3, 3]
        return Block(position, lying.yaw + jaw_yaw(tool) - jaw_yaw(self._closed_at))
