"""The grasp scene: an arm at a table with one block, and whether the block was lifted."""

from collections.abc import Callable

import numpy as np

from robot.command import Vector
from robot.model import ArmModel
from robot.task import Block, GraspTaskConfig
from sim.servos import Servos
from sim.sim_arm import SimArm
from sim.world import BodyPose, World

BLOCK_MASS = 0.020  # [kg] a 30 mm cube of beech
LIFTED = 0.05  # [m] a block this far above where it lay counts as lifted


class GraspScene:
    """A world with a table, a block, and an arm; it is what training, deploying and filming share.

    Use as a context manager, or call ``close``.
    """

    def __init__(
        self,
        model: ArmModel,
        config: GraspTaskConfig | None = None,
        servos: Servos | None = None,
        clock: Callable[[], float] | None = None,
        window: bool = False,
    ) -> None:
        """Build the scene; with a ``clock`` the arm follows it (see ``SimArm``)."""
        config = config or GraspTaskConfig()
        self.model = model
        self.world = World(window)
        self.arm = SimArm(self.world, model, servos, clock)
        self.world.add_table(model.table_height)
        self._block = self.world.add_block(config.block_size, BLOCK_MASS)
        self.rest_height = model.table_height + config.block_size / 2
        self.place_block(*model.grasp.area_centre)

    def place_block(self, x: float, y: float) -> None:
        """Put the block at rest on the table at (x, y) [m], unturned."""
        self.world.place(self._block, (x, y, self.rest_height), 0.0)

    def block(self) -> Block:
        """Return where the block is."""
        return Block(np.array(self.world.position(self._block)))

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
        return self.world.position(self._block)[2] >= self.rest_height + LIFTED

    def close(self) -> None:
        """Free the physics client; safe to call twice."""
        self.world.close()

    def __enter__(self) -> "GraspScene":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
