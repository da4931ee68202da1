"""Where a block is once jaws have taken it from where it was seen to lie."""

import numpy as np

from robot.command import ArmState
from robot.full_task import FullGraspTask
from robot.kinematics import Matrix
from robot.pose import jaw_yaw
from robot.tool_task import Block


class Carried:
    """Takes a block along with the tool from when the jaws have closed.

    For who knows only where it lies on the table, and a policy that lifts it and wants to know
    where it is then. Whether the jaws hold it is judged at the end: what they measure tells that
    no better than their servo's zero is known.
    """

    def __init__(self, task: FullGraspTask) -> None:
        """Look at the jaws of ``task``."""
        self._task = task
        self._closed_at: Matrix | None = None

    @property
    def taken(self) -> bool:
        """Return whether the jaws have closed."""
        return self._task.shut

    def block(self, state: ArmState, lying: Block) -> Block:
        """Return where the block is that was ``lying`` there until the jaws closed."""
        if not self.taken:
            self._closed_at = None
            return lying
        tool = self._task.model.kinematics.forward(state.positions)
        if self._closed_at is None:
            self._closed_at = tool
        T_then_now = tool @ np.linalg.inv(self._closed_at)
        position = T_then_now[:3, :3] @ lying.position + T_then_now[:3, 3]
        return Block(position, lying.yaw + jaw_yaw(tool) - jaw_yaw(self._closed_at))
