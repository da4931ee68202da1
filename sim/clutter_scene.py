"""The grasp scene with several objects, of which one is to be picked."""

import math
from collections.abc import Callable

import numpy as np

from robot.command import ArmState
from robot.full_task import FullGraspTask
from robot.model import ArmModel
from robot.task import Block
from sim.bullet import pybullet
from sim.clutter_choice import LIMIT, Choice, Standing, choices, turn_of
from sim.clutter_layout import Layout
from sim.conditions import Conditions
from sim.grasp_scene import LIFTED, GraspScene
from sim.object_bodies import ObjectBodies
from sim.object_families import Split, find_split, make_object
from sim.objects import GraspObject, Points
from sim.world import FINE, Pace

FAILED = 0.05  # [m] of way that each grasp counts as that came to nothing
SWITCH = 0.01  # [m] of way that another object must be better for the tool to turn to that one
MOVED = 0.003  # [m] that objects move before the room beside them is measured anew
_UPRIGHT = math.cos(math.radians(25))
_TIP = 0.010  # [m] above the table fingertips grasp
_GRASPED = 0.015  # [m] above what it stands on an object is grasped, as a cube of 30 mm is


class ClutterScene(GraspScene):
    """A world with a table, an arm, and objects, of which one is to be taken: ``block``.

    It is the one that takes the least way, where a neighbour in the way of the jaws counts as
    more. What conditions say of the block holds for the material of all objects: friction, and
    density by its mass and size.
    """

    def __init__(
        self,
        model: ArmModel,
        split: str,
        clock: Callable[[], float] | None = None,
        window: bool = False,
        pace: Pace = FINE,
    ) -> None:
        """Build the nominal scene, with nothing on the table. Raises UnknownNameError."""
        self.split: Split = find_split(split)
        self._things: list[tuple[GraspObject, int]] = []
        self._choices: list[Choice] = []
        self._seen: Points = np.zeros((0, 2))
        self._failed: list[float] = []
        self._closed = False
        self._taken = 0
        super().__init__(model, clock, window, pace)

    @property
    def width(self) -> float:
        """Return the width of the object that is to be taken, between the jaws [m]."""
        return self._choices[self._taken].grip.width

    def apply(self, conditions: Conditions) -> None:
        """Make servos, pads and table what ``conditions`` say, and clear the table."""
        for _, body in self._things:
            self.world.remove(body)
        self._things = []
        super().apply(conditions)

    def place_block(self, x: float, y: float, yaw: float = 0.0) -> None:
        """Do nothing: ``lay`` puts all objects on the table."""

    def lay(self, layout: Layout) -> None:
        """Put objects at rest on the table, which is clear. Raises RobotError for no object."""
        table = self.model.table_height + self.conditions.table_height
        density = self.conditions.block_mass / self.conditions.block_size**3
        for colour, (number, x, y, yaw) in enumerate(layout):
            thing = make_object(number)
            place = x, y, table + float(thing.centre[2])
            turn = 0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)
            friction = self.conditions.block_friction
            body = self._bodies.add(thing, (place, turn), density, friction, colour)
            self._things.append((thing, body))
        self._choices, self._taken = [], 0
        self._failed, self._closed = [0.0] * len(layout), False

    def attend(self, task: FullGraspTask, state: ArmState) -> None:
        """Decide which object is to be taken by a tool that ``state`` measured, and by which grip.

        While jaws close it stays the same, and else unless another one has become much better.
        Before the first step of an episode it is the best from wherever the tool is.
        """
        if task.closing > 0.0 and self._choices:
            self._closed = True
            return
        if self._closed:
            self._failed[self._taken] += FAILED
            self._closed = False
        objects = [self._standing(index) for index in range(len(self._things))]
        here = np.array([(one.x, one.y) for one in objects])
        if not self._choices or np.abs(here - self._seen).max() > MOVED:
            self._start_turn = task.config.start_turn
            self._choices = choices(objects, self._start_turn, self._lean(task))
            self._seen = here
        x, y, _ = task.model.kinematics.tool_position(state.positions)
        costs = []
        for one, choice, failed in zip(objects, self._choices, self._failed, strict=True):
            grip_x, grip_y, _ = one.at(choice.grip)
            costs.append(math.hypot(grip_x - x, grip_y - y) + choice.drawback + failed)
        best = min(range(len(costs)), key=costs.__getitem__)
        if task.step == 0 or costs[best] < costs[self._taken] - SWITCH:
            self._taken = best
        self._block = self._things[self._taken][1]

    def block(self) -> Block:
        """Return the middle of the grip by which an object is to be taken, and its heading."""
        x, y, yaw = self._standing(self._taken).at(self._choices[self._taken].grip)
        turn = turn_of(x, y, yaw, self._start_turn)
        yaw += min(LIMIT, max(-LIMIT, turn)) - turn  # a task tells turns apart by quarters
        thing, body = self._things[self._taken]
        height = self.world.position(body)[2] - float(thing.centre[2]) + _GRASPED
        return Block(np.array([x, y, height]), yaw)

    def lifted_ones(self) -> list[int]:
        """Return the places in the layout of all objects at least 5 cm above where they lay."""
        return [index for index in range(len(self._things)) if self._height(index) >= LIFTED]

    def height(self) -> float:
        """Return how far the highest object is above where it lay, on the table [m]."""
        return max(self._height(index) for index in range(len(self._things)))

    def _furnish(self) -> None:
        self._bodies = ObjectBodies(self.world)

    def _refurnish(self, old: Conditions) -> None:
        """Leave the table as it is, which ``apply`` has cleared."""

    def _lean(self, task: FullGraspTask) -> float:
        """Return how far to the base fingers lean that are as high as the highest object [m]."""
        tilt = self.model.grasp.tilt(*task.centre)
        highest = max(thing.height for thing, _ in self._things)
        return (highest - _TIP) * math.tan(math.pi - tilt)

    def _height(self, index: int) -> float:
        thing, body = self._things[index]
        table = self.model.table_height + self.conditions.table_height
        return self.world.position(body)[2] - table - float(thing.centre[2])

    def _standing(self, index: int) -> Standing:
        thing, body = self._things[index]
        (x, y, _), turn = self.world.pose(body)
        rows = pybullet.getMatrixFromQuaternion(turn)
        return Standing(thing, x, y, math.atan2(rows[3], rows[0]), rows[8] > _UPRIGHT)
