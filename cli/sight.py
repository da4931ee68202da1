"""What a policy is told of the block on the way: where it lies, or what a camera sees."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cli.arms import Cell
from policies.contract import Contract
from policies.errors import CheckpointError
from robot.command import ArmState
from robot.depth_image import DepthImage
from robot.errors import RobotError
from robot.grasp_run import GraspRun, Tick
from robot.tool_task import Block, ToolTask
from sim.grasp_scene import GraspScene
from sim.wrist_camera import WristCamera


class NoBlockError(RobotError):
    """There is nothing to grasp, or nothing that can be; the message says why, and the mend."""


class Sight(Protocol):
    """Makes a policy's observations; ``image`` is the picture in the last one, if it has any."""

    image: DepthImage | None = None

    def approach(self, run: GraspRun, lay: Callable[[], None]) -> Iterator[Tick]:
        """Bring the arm to where its grasp starts, and ``lay`` the block on the way there.

        Raises NoBlockError if nothing is to be grasped then.
        """
        yield from run.go_to_start()
        lay()

    def photo(self) -> bytes | None:
        """Return a JPEG of what a camera for people saw last, and of what was found in it."""
        return None

    def __call__(self, state: ArmState) -> NDArray[Any]:
        """Return the observation, packed, of the arm in ``state`` now.

        Raises NoBlockError if there is nothing to grasp any more.
        """


class Told(Sight):
    """Tells where the block is."""

    def __init__(self, task: ToolTask, block: Callable[[], Block]) -> None:
        """Take what ``block`` returns for the truth."""
        self._task, self._block = task, block

    def __call__(self, state: ArmState) -> NDArray[np.float32]:
        """Return ``ToolTask.observation``."""
        return self._task.observation(state, self._block())


class Seen(Sight):
    """Looks through the camera at the wrist of the arm in a scene, as in training."""

    def __init__(self, scene: GraspScene, task: ToolTask, contract: Contract) -> None:
        """Mount the camera that ``contract`` says. Raises CheckpointError for another arm's."""
        image = contract.observation.image
        assert image is not None
        size, self._looks = image.shape[0], image.shape[2] > 1
        field = contract.details.get("fov_degrees")
        self.camera = WristCamera(scene, size, field, looks=self._looks)
        if self.camera.details != contract.details:
            raise CheckpointError(
                f"the policy was made for a camera with {contract.details}, but that of this"
                f" {scene.model.name} has {self.camera.details}"
            )
        self._scene, self._task, self._contract = scene, task, contract
        self._looked: DepthImage | None = None
        self._random = np.random.default_rng(0)  # a nominal camera draws nothing from it

    def __call__(self, state: ArmState) -> NDArray[Any]:
        """Return the picture and ``ToolTask.proprioception``, packed."""
        self._pose(state)
        self.image = self.camera.picture(self._random)
        if self._looks:
            if self._looked is None or self._task.step == 0:
                self._looked = self.camera.look(self._random)
            self.image = np.concatenate([self.image, self._looked], axis=2)
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
        self, stage: GraspScene, mirrored: GraspScene, task: ToolTask, contract: Contract
    ) -> None:
        """Take pictures in ``stage`` of the block in ``mirrored``."""
        super().__init__(stage, task, contract)
        self._mirrored = mirrored

    def _pose(self, state: ArmState) -> None:
        self._scene.show(state.positions, state.gripper, self._mirrored.block_pose())


@contextmanager
def open_sight(
    cell: Cell, task: ToolTask, contract: Contract, block: Callable[[], Block]
) -> Iterator[Sight]:
    """Yield what looks for a policy with ``contract``, or tells it where the ``block`` is.

    Raises CheckpointError for another arm's camera.
    """
    if contract.observation.image is None or cell.scene is None:
        yield Told(task, block)
    elif cell.mirror is None:
        yield Seen(cell.scene, task, contract)
    else:
        with GraspScene(cell.scene.model) as stage:
            yield SeenFromAfar(stage, cell.scene, task, contract)
