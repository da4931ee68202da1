"""What a policy is told of the block on the way: where it lies, or what a camera sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cli.arms import Cell
from policies.contract import Contract
from policies.errors import CheckpointError
from robot.command import ArmState
from robot.depth_image import DepthImage
from robot.task import Block, GraspTask
from sim.grasp_scene import GraspScene
from sim.wrist_camera import WristCamera


class Sight(Protocol):
    """Makes a policy's observations; ``image`` is the picture in the last one, if it has any."""

    image: DepthImage | None

    def __call__(self, state: ArmState) -> NDArray[Any]:
        """Return the observation, packed, of the arm in ``state`` now."""


class Told:
    """Tells where the block is: in the scene, or where it was said to lie."""

    image: DepthImage | None = None

    def __init__(self, cell: Cell, task: GraspTask, place: tuple[float, float]) -> None:
        """Take the block of the scene, or else one at ``place`` [m, base frame]."""
        self._known = Block(np.array([*place, task.block_height]))
        self._scene, self._task = cell.scene, task

    def __call__(self, state: ArmState) -> NDArray[np.float32]:
        """Return ``GraspTask.observation``."""
        block = self._known if self._scene is None else self._scene.block()
        return self._task.observation(state, block)


class Seen:
    """Looks through the camera at the wrist of the arm in a scene, as in training."""

    def __init__(self, scene: GraspScene, task: GraspTask, contract: Contract) -> None:
        """Mount the camera that ``contract`` says. Raises CheckpointError for another arm's."""
        image = contract.observation.image
        assert image is not None
        self.image: DepthImage | None = None
        self.camera = WristCamera(scene, image.shape[0], contract.details.get("fov_degrees"))
        if self.camera.details != contract.details:
            raise CheckpointError(
                f"the policy was made for a camera with {contract.details}, but that of this"
                f" {scene.model.name} has {self.camera.details}"
            )
        self._scene, self._task, self._contract = scene, task, contract
        self._random = np.random.default_rng(0)  # a nominal camera draws nothing from it

    def __call__(self, state: ArmState) -> NDArray[Any]:
        """Return the picture and ``GraspTask.proprioception``, packed."""
        self._pose(state)
        self.image = self.camera.picture(self._random)
        numbers = self._task.proprioception(state)
        return self._contract.observation.pack({"depth": self.image, "state": numbers})

    def _pose(self, state: ArmState) -> None:
        """Make the scene the present one: ``state`` was measured in it."""


class SeenFromAfar(Seen):
    """Looks from where a remote arm has its wrist at the block of the simulation beside it.

    The twin in that simulation is ahead of the arm or behind it, and a picture from its wrist
    would contradict what the arm measures. So the picture is taken in a scene of its own.
    """

    def __init__(
        self, stage: GraspScene, mirrored: GraspScene, task: GraspTask, contract: Contract
    ) -> None:
        """Take pictures in ``stage`` of the block in ``mirrored``."""
        super().__init__(stage, task, contract)
        self._mirrored = mirrored

    def _pose(self, state: ArmState) -> None:
        self._scene.show(state.positions, state.gripper, self._mirrored.block_pose())


@contextmanager
def open_sight(cell: Cell, task: GraspTask, contract: Contract) -> Iterator[Sight | None]:
    """Yield what looks for a policy with ``contract``; None if it is told where the block is.

    Raises CheckpointError for another arm's camera.
    """
    if contract.observation.image is None or cell.scene is None:
        yield None
    elif cell.mirror is None:
        yield Seen(cell.scene, task, contract)
    else:
        with GraspScene(cell.scene.model) as stage:
            yield SeenFromAfar(stage, cell.scene, task, contract)
