"""Where blocks are laid for the task that is to be played."""

import numpy as np

from cli.tables import Place, Spot
from robot.full_task import FullGraspTask
from robot.place_task import PlaceTask
from robot.tool_task import ToolTask
from sim.clutter_layout import draw_layout
from sim.object_families import Split
from sim.spawn import draw_turn


def draw_spot(task: ToolTask, random: np.random.Generator, block: Place | None = None) -> Spot:
    """Return a random place in the spawn area, turned unless the task is the guided one.

    block: x and y [m], unturned, instead. The target of a block that is to be put on one is drawn.
    """
    place = task.model.grasp.draw_place(random) if block is None else block
    if not isinstance(task, FullGraspTask):
        return place
    turn = draw_turn(random) if block is None else 0.0
    target = task.draw_target(place, random) if isinstance(task, PlaceTask) else ()
    return (*place, turn, *target)


def draw_clutter(task: ToolTask, split: Split, random: np.random.Generator) -> Spot:
    """Return number, x, y and turn of each of several objects of ``split`` in the spawn area."""
    zone = task.model.grasp
    first = (*zone.draw_place(random), float(random.uniform(-np.pi, np.pi)))
    return tuple(value for placed in draw_layout(split, first, zone, random) for value in placed)


def done_in(task: ToolTask) -> str:
    """Return in a word what was done where ``task`` was."""
    return "placed" if isinstance(task, PlaceTask) else "grasped"


def fault_in(task: ToolTask) -> str:
    """Return why ``task`` is not done where nothing but that is known."""
    if isinstance(task, PlaceTask):
        return "it does not lie at its target, was dropped there, or is still held"
    return "the jaws lost it, or closed on nothing"
