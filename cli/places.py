"""Where blocks are laid for the task that is to be played."""

import numpy as np

from cli.tables import Place, Turned
from robot.full_task import FullGraspTask
from robot.tool_task import ToolTask
from sim.spawn import draw_turn


def draw_spot(task: ToolTask, random: np.random.Generator) -> Place | Turned:
    """Return a random x and y in the spawn area [m] and, for the full task, a turn [rad]."""
    place = task.model.grasp.draw_place(random)
    return (*place, draw_turn(random)) if isinstance(task, FullGraspTask) else place
