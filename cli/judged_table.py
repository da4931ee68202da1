"""The table of an emulated cell whose starter lays the blocks and is told the truth."""

import time
from collections.abc import Sequence
from math import radians

import numpy as np

from cli.judged_cell import JudgedCell
from robot.arm import Arm
from robot.command import ArmState
from robot.grasp_run import Tick
from robot.task import GraspTask
from robot.tool_task import ToolTask

HELD = 0.5
"""How long a block has to be up [s]."""

_LATE = 0.5  # [s] by which an arm may come later than it was told to
_GLANCE = 0.05  # [s]

TURNED = radians(10.0)
"""How far a block is turned at most [rad] that a person lays straight, not exactly."""

Spot = tuple[float, float, float]
"""x, y of a block [m, base frame] and how it is turned [rad]."""


def drawn_spots(task: ToolTask, seed: int, count: int) -> list[Spot]:
    """Return where blocks lie, anywhere in the whole spawn area: always the same of a seed.

    They lie straight for a task whose jaws do not turn.
    """
    random, grasp = np.random.default_rng((seed, 0xB10C)), task.model.grasp
    most = TURNED if isinstance(task, GraspTask) else radians(45.0)
    return [(*grasp.draw_place(random), float(random.uniform(-most, most))) for _ in range(count)]


class JudgedTable:
    """Lays the block where it is told to, and judges strictly: up by 5 cm for half a second."""

    put_back = False

    def __init__(self, arm: Arm, cell: JudgedCell, spots: Sequence[Spot]) -> None:
        """Lay the block at each of ``spots``."""
        self._arm, self._cell, self._spots = arm, cell, spots

    def lay(self, episode: int) -> None:
        """Put the block at rest at the spot of ``episode``."""
        x, y, yaw = self._spots[episode]
        self._cell.place_block(x, y, yaw)

    def measure(self) -> ArmState:
        """Measure the arm."""
        return self._arm.state()

    def watch(self, tick: Tick) -> None:
        """Do nothing: the cell itself watches the block."""

    def held(self) -> bool:
        """Return whether the block has been up for long enough; the arm may lag a bit."""
        deadline = time.monotonic() + _LATE
        while time.monotonic() < deadline:
            if self._cell.score()["lifted_s"] >= HELD:
                return True
            time.sleep(_GLANCE)
        return False
