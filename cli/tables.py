"""Who lays the block on the table before each grasp, and who says whether it was held."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from cli.arms import Cell
from robot.arm import Arm
from robot.command import ArmState, Vector
from robot.full_task import FullGraspTask
from robot.grasp_run import Tick
from robot.place_task import PlaceTask
from robot.tool_task import Block, ToolTask
from sim.clutter_layout import MOST, Placed
from sim.clutter_scene import ClutterScene
from sim.grasp_scene import GraspScene
from sim.placement import Placement

NOTHING = 0.001
"""Jaws that stay this near to where they were told to close hold nothing [m]."""

STALLED, STALL_PERIODS = 0.001, 2
"""Jaws that close by less [m] in so many control periods are kept open by something."""

Place = tuple[float, float]
Spot = tuple[float, ...]
"""Where a block lies: x and y [m, base frame], perhaps how it is turned [rad], and then perhaps x
and y of the target that it is to be put on [m]."""


ABSENT = -1.0
"""Number of an object where there is none."""
OBJECT_NAMES = tuple(
    f"object{index}_{what}" for index in range(1, MOST + 1) for what in ("number", "x", "y", "yaw")
)
"""What a dataset records of all objects of clutter: which each is, and how it was laid."""


class Table(Protocol):
    """A table for as many episodes as it has blocks to lay.

    put_back: whether a block that is held at the end has to be laid back by the arm, since
    nobody else takes it.
    """

    put_back: bool

    def lay(self, episode: int) -> None:
        """Have the block of ``episode`` on the table; the arm is out of its way, jaws open."""

    def measure(self) -> ArmState:
        """Measure the arm, with its jaws as they are about the block."""

    def watch(self, tick: Tick) -> None:
        """Look on during a control period of a grasp."""

    def held(self) -> bool | None:
        """Return whether the block was lifted and held; None if nobody can tell."""


class SceneTable:
    """The table of a simulated scene, which judges strictly: the block is up for half a second."""

    put_back = False

    def __init__(self, cell: Cell, task: ToolTask, places: Sequence[Spot]) -> None:
        """Lay the block of the cell's scene at each of ``places``."""
        assert cell.scene is not None
        self.scene: GraspScene = cell.scene
        self._cell, self._task, self._places = cell, task, places
        self._up: list[bool] = []

    def lay(self, episode: int) -> None:
        """Put the block at rest at the place of ``episode``."""
        self._up = []
        self.scene.place_block(*self._places[episode][:3])

    def block(self) -> Block:
        """Return where the block is in the scene."""
        return self.scene.block()

    def measure(self) -> ArmState:
        """Measure the arm, with the jaws of its twin if its own hold nothing.

        An emulated arm closes on nothing, however wide the block is in the mirrored simulation.
        """
        pair = self._cell.mirror
        if pair is None:
            return self._cell.arm.state()
        arm = pair.primary.state()
        if arm.gripper > self._task.closed + NOTHING:
            return arm
        return replace(arm, gripper=pair.twin.state().gripper)

    def watch(self, tick: Tick) -> None:
        """Note whether the block is up while it has to be."""
        if tick.phase == "hold":
            self._up.append(self.scene.lifted())

    def held(self) -> bool:
        """Return whether it was up all the time."""
        return bool(self._up) and all(self._up)


class RealTable:
    """A table that nobody sees all of: what is held shows in how far the jaws close.

    The block lies where a person, or the last episode, laid it.
    """

    put_back = True

    def __init__(self, arm: Arm, task: ToolTask) -> None:
        """Judge by the jaws of ``arm``."""
        self._arm, self._task = arm, task
        self._open: list[bool] = []
        self._closing: list[float] = []

    def lay(self, episode: int) -> None:
        """Forget the last episode."""
        self._open, self._closing = [], []

    def measure(self) -> ArmState:
        """Measure the arm; jaws that still close are where they were told to close to."""
        now, before = self._arm.state(), self._closing[-STALL_PERIODS:]
        if len(before) < STALL_PERIODS or before[0] - now.gripper < STALLED:
            return now
        return replace(now, gripper=self._task.closed)

    def watch(self, tick: Tick) -> None:
        """Note whether something keeps the jaws open while it is held up."""
        if tick.phase == "close":
            self._closing.append(self._arm.state().gripper)
        if tick.phase == "hold":
            self._open.append(self._arm.state().gripper > self._task.closed + NOTHING)

    def held(self) -> bool | None:
        """Return whether something did all the time."""
        return bool(self._open) and all(self._open)


class SaidTable(RealTable):
    """A table of which only is known where the block was said to lie; nobody judges."""

    put_back = False

    def __init__(self, arm: Arm, task: ToolTask, places: Sequence[Place]) -> None:
        """Take the block to lie at each of ``places`` [m, base frame]."""
        super().__init__(arm, task)
        self._places, self._now = places, places[0]

    def lay(self, episode: int) -> None:
        """Believe that the block lies at the place of ``episode``."""
        self._now = self._places[episode]

    def block(self) -> Block:
        """Return where the block was said to lie."""
        return Block(np.array([*self._now, self._task.block_height]))

    def held(self) -> None:
        """Return None: arms without a table close on nothing, so jaws tell nothing here."""


class TargetTable(SceneTable):
    """The table of a simulated scene with a target, which judges as strictly as training does."""

    def __init__(self, cell: Cell, task: PlaceTask, places: Sequence[Spot]) -> None:
        """Lay the block, and mark its target, at each of ``places``, of five numbers."""
        super().__init__(cell, task, places)
        self._aim = task
        self._placement = Placement(self.scene, task.config.near_target)

    def lay(self, episode: int) -> None:
        """Put the block of ``episode`` at rest, and have its target known and marked."""
        super().lay(episode)
        _, _, _, x, y = self._places[episode]
        self._aim.target = x, y
        self.scene.mark(x, y, self._aim.config.near_target)
        self._placement.begin((x, y))

    def watch(self, tick: Tick) -> None:
        """Look where the block is."""
        self.look()

    def look(self) -> None:
        """Look where the block is, once a control period."""
        self._placement.look()

    def held(self) -> bool:
        """Return whether the block has been at its target, let go of, for half a second."""
        return self._placement.periods >= self._aim.config.hold_steps


class ClutterTable(SceneTable):
    """The table of a simulated scene with several objects, any one of which is to be lifted.

    Places are number, x, y [m] and turn [rad] of one object after the other.
    """

    scene: ClutterScene

    _task: FullGraspTask

    def lay(self, episode: int) -> None:
        """Clear the table, and put the objects of ``episode`` at rest."""
        self._steady: set[int] | None = None
        self._place = self._places[episode]
        self.scene.apply(self.scene.conditions)
        numbers = iter(self._place)
        each = zip(numbers, numbers, numbers, numbers, strict=True)
        self.scene.lay(tuple(Placed(int(number), x, y, yaw) for number, x, y, yaw in each))

    def block(self) -> Block:
        """Return where the object is that the arm is to take from where it is now."""
        self.scene.attend(self._task, self._cell.arm.state())
        return self.scene.block()

    def objects(self) -> Vector:
        """Return what ``OBJECT_NAMES`` name, of the objects as they were laid."""
        absent = [ABSENT, 0.0, 0.0, 0.0] * MOST
        return np.array([*self._place, *absent[len(self._place) :]])

    def watch(self, tick: Tick) -> None:
        """Note which objects are up while one has to be."""
        if tick.phase == "hold":
            up = set(self.scene.lifted_ones())
            self._steady = up if self._steady is None else self._steady & up

    def held(self) -> bool:
        """Return whether the same object was up all the time."""
        return bool(self._steady)


def told_table(cell: Cell, task: ToolTask, places: Sequence[Spot]) -> SceneTable | SaidTable:
    """Return the table of the cell's scene, or one where the block is said to lie, unturned."""
    if cell.scene is None:
        return SaidTable(cell.arm, task, [(place[0], place[1]) for place in places])
    if isinstance(task, PlaceTask):
        return TargetTable(cell, task, places)
    if isinstance(cell.scene, ClutterScene):
        return ClutterTable(cell, task, places)
    return SceneTable(cell, task, places)
