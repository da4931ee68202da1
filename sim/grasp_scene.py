"""The grasp scene: an arm at a table with one block, and whether the block was lifted."""

import math
from collections.abc import Callable

import numpy as np

from robot.command import Vector
from robot.model import ArmModel
from robot.task import Block
from sim.bullet import pybullet
from sim.conditions import Conditions
from sim.mark import Mark
from sim.sim_arm import SimArm
from sim.world import FINE, BodyPose, Pace, World

Marked = tuple[float, float, float]
"""x, y and radius of a mark on the table [m]."""

_HOBBY_REACH = 0.38  # [m] of a DOFBot, that people look at from nearby
_ON_TABLE = 0.4  # [m] from the base axis, where a block does not fall off
LIFTED = 0.05  # [m] a block this far above where it lay counts as lifted


class GraspScene:
    """A world with a table, a block, and an arm; it is what training, deploying and filming share.

    Use as a context manager, or call ``close``.
    """

    def __init__(
        self,
        model: ArmModel,
        clock: Callable[[], float] | None = None,
        window: bool = False,
        pace: Pace = FINE,
    ) -> None:
        """Build the nominal scene; with a ``clock`` the arm follows it (see ``SimArm``)."""
        self.model = model
        self.world = World(window)
        self.world.set_pace(pace)
        self.world.scale = max(1.0, model.reach / _HOBBY_REACH)
        self.conditions = Conditions()
        self.arm = SimArm(self.world, model, clock=clock)
        self._table = self.world.add_table(model.table_height)
        self._mark: Mark | None = None
        self.marked: Marked | None = None
        self._furnish()

    @property
    def rest_height(self) -> float:
        """Return the height of the block's centre when it lies on the table [m]."""
        conditions = self.conditions
        return self.model.table_height + conditions.table_height + conditions.block_size / 2

    def apply(self, conditions: Conditions) -> None:
        """Make servos, pads, table and block what ``conditions`` say; the camera is not here.

        Another block lies in the middle of the spawn area. Raises RobotError if per-joint
        conditions are for another arm.
        """
        old, self.conditions = self.conditions, conditions
        if conditions.servos != old.servos:
            self.arm.set_servos(conditions.servos)
        if conditions.gripper_friction != old.gripper_friction:
            self.arm.set_pad_friction(conditions.gripper_friction)
        if conditions.table_height != old.table_height:
            height = self.model.table_height + conditions.table_height
            self.world.set_table_height(self._table, height)
        if (conditions.table_height, _block(conditions)) != (old.table_height, _block(old)):
            self._refurnish(old)

    def place_block(self, x: float, y: float, yaw: float = 0.0) -> None:
        """Put the block at rest on the table at (x, y) [m], turned by ``yaw`` [rad]."""
        self.world.place(self._block, (x, y, self.rest_height), yaw)

    def block(self) -> Block:
        """Return where the block is, and the heading of a side of it."""
        position, turn = self.world.pose(self._block)
        return Block(np.array(position), _heading(turn))

    def block_pose(self) -> BodyPose:
        """Return where the block is and how it is turned."""
        return self.world.pose(self._block)

    def show(self, positions: Vector, gripper: float, block: BodyPose | None = None) -> None:
        """Put arm and block as they were at some moment, to make a picture of it."""
        self.arm.teleport(positions, gripper)
        if block is not None:
            self.world.set_pose(self._block, block)

    def lifted(self) -> bool:
        """Return whether the block is at least 5 cm above where it lay."""
        return self.height() >= LIFTED

    def raised(self) -> float:
        """Return how far up the block is: 0 where it lay, 1 where it counts as lifted."""
        return min(1.0, max(0.0, self.height() / LIFTED))

    def height(self) -> float:
        """Return how far the block is above where it lay, on the table [m]."""
        return self.world.position(self._block)[2] - self.rest_height

    def gap(self) -> float:
        """Return how far the block's lowest corner is above the table [m]."""
        *_, a, b, c = pybullet.getMatrixFromQuaternion(self.world.pose(self._block)[1])
        lower: float = 0.5 * self.conditions.block_size * (abs(a) + abs(b) + abs(c) - 1.0)
        return self.height() - lower

    def touched(self, within: float) -> bool:
        """Return whether some part of the arm is no further than ``within`` [m] from the block."""
        return self.world.touches(self.arm.body, self._block, within)

    def mark(self, x: float, y: float, radius: float) -> None:
        """Mark a place (x, y) [m] on the table, the only one, for people to see."""
        if self._mark is None:
            self._mark = self.world.add_mark(radius)
        self.marked = x, y, radius
        self._mark.place(x, y, self.model.table_height + self.conditions.table_height)

    def _furnish(self) -> None:
        """Put on the table what is to lie there."""
        self._block = self._add_block()
        self.place_block(*_middle(self.model))

    def _refurnish(self, old: Conditions) -> None:
        """Put it there anew, since conditions are no longer the ``old`` ones."""
        if _block(self.conditions) != _block(old):
            self.world.remove(self._block)
            self._block = self._add_block()
        self.place_block(*_middle(self.model))

    def _add_block(self) -> int:
        return self.world.add_block(*_block(self.conditions))

    def close(self) -> None:
        """Free the physics client; safe to call twice."""
        self.world.close()

    def __enter__(self) -> "GraspScene":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _middle(model: ArmModel) -> tuple[float, float]:
    """Return the middle of the spawn area [m]; of an arm that does not grasp, where it points."""
    grasp = model.sections.grasp
    if grasp is not None:
        return grasp.area_centre
    x, y, _ = model.kinematics.tool_position(model.home)
    nearer = min(1.0, _ON_TABLE / max(math.hypot(x, y), _ON_TABLE))
    return nearer * x, nearer * y


def _block(conditions: Conditions) -> tuple[float, float, float]:
    return conditions.block_size, conditions.block_mass, conditions.block_friction


def _heading(turn: tuple[float, float, float, float]) -> float:
    """Return the heading [rad] of the side of a cube turned by quaternion ``turn`` that is next
    to its uppermost one."""
    rows = np.reshape(pybullet.getMatrixFromQuaternion(turn), (3, 3)).tolist()
    upper = max(range(3), key=lambda side: abs(rows[2][side]))
    beside = (upper + 1) % 3
    return math.atan2(rows[1][beside], rows[0][beside])
