"""Whoever moves the arm while an episode is recorded."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from cli.arms import Cell
from cli.deploy import trained_task
from cli.sight import Sight, Told, open_sight
from cli.stage import EXPERT
from cli.tables import OBJECT_NAMES, ClutterTable, SaidTable, SceneTable, Spot, told_table
from cli.teleop_sources import FORMS
from hardware.errors import StaleCommandError
from policies.contract import Contract
from policies.errors import UnknownNameError
from policies.policy_files import load_policy
from policies.runs import find_policy
from robot.command import Vector
from robot.errors import RobotError
from robot.grasp_run import Act, GraspRun
from robot.loop import ControlLoop
from robot.model import ArmModel, load_arm
from robot.tool_task import ToolTask
from sim.experts import expert_of
from sim.grasp_tasks import Task, make_task

Grasp = Literal["guided", "full", "place"]
"""What the expert does."""


class Source(Protocol):
    """Moves a connected arm, one command a control period.

    environment_names: of what it knows besides, none if that is nothing.
    """

    environment_names: tuple[str, ...] = ()
    over: str = ""
    """Why there is no more to be played, once that is so."""
    heard: bool = False
    """Whether keys can be pressed elsewhere than in the terminal."""

    @property
    def stopped(self) -> bool:
        """Return whether somebody stopped the arm, which takes no commands then."""
        return False

    def environment(self) -> Vector:
        """Return what it knows now, [e], such as where a block lies."""
        return np.zeros(0)

    def prepare(self) -> Iterator[object]:
        """Bring the arm to where an episode starts, a tick at a time; this is not recorded."""

    def keys(self) -> Iterable[str]:
        """Return what was pressed elsewhere than in the terminal, as in a window."""
        return ()

    def press(self, key: str) -> bool:
        """Hear of a key that was pressed meanwhile; return whether it was for this one."""
        return False

    def play(self) -> Iterator[object]:
        """Move the arm through an episode, a tick a control period; it may be left at any."""

    def success(self) -> bool | None:
        """Return whether the episode just played did its task; None if nobody can tell."""


@dataclass(frozen=True, slots=True)
class Grasper:
    """A policy and its task. contract: what it observes; None for one told where the block is."""

    task: ToolTask
    act: Act
    contract: Contract | None = None


def find_grasper(name: str, model: str, grasp: Grasp = "guided", clutter: bool = False) -> Grasper:
    """Return ``expert`` of that ``grasp`` for arm ``model``, or policy ``name`` for its own.

    Raises PolicyError or RobotError for an unknown name or a policy that does not grasp.
    """
    if name == EXPERT:
        task = demonstrated_task(grasp, load_arm(model), clutter)
        return Grasper(task, expert_of(task).act)
    if grasp != "guided":
        raise RobotError(f"--grasp is for the expert: {name} has its own")
    try:
        saved = load_policy(find_policy(name))
    except UnknownNameError as error:
        raise RobotError(f"--source: not {EXPERT}, {FORMS}; {error}") from error
    return Grasper(trained_task(saved, name), saved.act, saved.contract)


def demonstrated_task(grasp: Grasp, model: ArmModel, clutter: bool = False) -> Task:
    """Return the task of that name for ``model``, as it is where nothing varies."""
    return make_task(grasp, model, None, varies=False, clutter=clutter)


class GraspSource(Source):
    """Does a task with a block that lies elsewhere every time, and knows where [m, base frame].

    Other tasks than the guided grasp also know how it is turned [rad], and placing its target.
    """

    def __init__(
        self,
        cell: Cell,
        grasper: Grasper,
        sight: Sight,
        table: SceneTable | SaidTable,
        places: int,
        loop: ControlLoop,
    ) -> None:
        """Prepare grasps on ``table``, which has so many ``places``, then begins anew."""
        self._sight, self._table, self._places = sight, table, places
        self._attempt = -1
        self._task = grasper.task
        more = OBJECT_NAMES if isinstance(table, ClutterTable) else ()
        self.environment_names = (*grasper.task.scene_names, *more)
        self._run = GraspRun(
            cell.arm,
            grasper.task,
            grasper.act,
            sight,
            loop,
            table.measure,
            forgive=(StaleCommandError,),
        )

    def environment(self) -> Vector:
        """Return what ``environment_names`` name: where the block is, and what else is told."""
        told = self._task.scene_values(self._table.block())
        if isinstance(self._table, ClutterTable):
            return np.append(told, self._table.objects())
        return told

    def prepare(self) -> Iterator[object]:
        """Go to the start, and have the block laid."""
        self._attempt += 1
        number = self._attempt % self._places
        yield from self._sight.approach(self._run, lambda: self._table.lay(number))

    def play(self) -> Iterator[object]:
        """Grasp, lift and hold."""
        for tick in self._run.grasp():
            self._table.watch(tick)
            yield tick

    def success(self) -> bool | None:
        """Return whether the block was up, or at its target, all the time at the end."""
        return self._table.held()


@contextmanager
def open_grasps(
    cell: Cell, grasper: Grasper, places: Sequence[Spot], loop: ControlLoop
) -> Iterator[Source]:
    """Yield what grasps at ``places``. Raises CheckpointError for a policy of other eyes."""
    table = told_table(cell, grasper.task, places)
    if grasper.contract is None:
        told = Told(grasper.task, table.block)
        yield GraspSource(cell, grasper, told, table, len(places), loop)
        return
    with open_sight(cell, grasper.task, grasper.contract, table.block) as sight:
        yield GraspSource(cell, grasper, sight, table, len(places), loop)
