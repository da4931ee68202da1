"""Shows a policy what the depth camera at the wrist of a remote arm sees."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cli.cameras import open_depth
from cli.depth_watch import DepthWatch
from cli.sight import NoBlockError, Sight
from perception.depth_frame import DepthFrame, Resampling
from perception.standing import Standing, standing
from policies.contract import Contract
from policies.errors import CheckpointError
from robot.command import ArmState, JointCommand
from robot.depth_image import DepthRange
from robot.errors import RobotError
from robot.grasp_run import GraspRun, Tick
from robot.link_chain import LinkChain
from robot.model import ArmModel
from robot.tool_task import ToolTask
from sim.grasp_scene import GraspScene

NARROWER = 4.0
"""How much less than in training a camera may see [deg]: as far as training varies it."""
PATIENCE = 3.0
"""How long a block is looked for [s]."""
NARROW, WIDE = 0.018, 0.042
"""What is narrower or wider is not one block [m].

Blocks of training, of 26 to 34 mm, seem 21 to 41 mm wide however they are turned; one of 14 mm
seems 16 mm at most, and two of 30 mm that touch seem 43 mm at least.
"""
BESIDE = 0.025
"""How far a block may seem to lie beside the spawn area [m], by an unmeasured mount."""
_SETTLED = 0.1  # [s] from when a block was laid to a picture of it
_FIRST = 5.0  # [s] that the first picture may take
_MOST = 2**16 - 1  # of the values in a picture


class DepthSight(Sight):
    """Packs the newest depth picture with what the arm measures of itself."""

    def __init__(
        self,
        watch: DepthWatch,
        resampling: Resampling,
        task: ToolTask,
        contract: Contract,
        scene: GraspScene | None = None,
    ) -> None:
        """Look at what ``watch`` has, by ``resampling`` as the camera of ``contract`` would.

        scene: shows about where the block is, if there is one.
        """
        self._watch, self._resampling, self._scene = watch, resampling, scene
        self._task, self._contract = task, contract
        self._range = _range(contract)
        self._chain = LinkChain(task.model, task.model.depth_camera.link)

    def approach(self, run: GraspRun, lay: Callable[[], None]) -> Iterator[Tick]:
        """Draw the arm back, ``lay`` the block, see that it is there, bring the arm to its start.

        From there on the hand may hide it for a while. Raises NoBlockError if there is none.
        """
        model = self._task.model
        look = JointCommand(model.grasp.look, model.gripper.max_opening)
        yield from run.go_to(look, "look")
        lay()
        yield from self._find(run, look)
        yield from run.go_to_start()

    def __call__(self, state: ArmState) -> NDArray[Any]:
        """Return the picture and ``ToolTask.proprioception``, packed.

        Raises CameraError if the camera is gone or stands still.
        """
        self.image = self._range.encode(self._resampling(self._watch.newest().depth))
        numbers = self._task.proprioception(state)
        return self._contract.observation.pack({"depth": self.image, "state": numbers})

    def _find(self, run: GraspRun, look: JointCommand) -> Iterator[Tick]:
        """Look until one block is seen. Raises NoBlockError after a while, saying what is."""
        start = time.monotonic()
        for tick in run.stay(look, "look"):
            yield tick
            frame, model = self._watch.newest(), self._task.model
            if frame.stamp < start + _SETTLED:
                continue
            T_base_camera = self._chain.pose(run.arm.state().positions)
            found = standing(frame, T_base_camera, model.table_height)
            why = why_no_block(found, model)
            if found is not None and not why:
                if self._scene is not None:
                    self._scene.place_block(found.x, found.y)
                return
            if time.monotonic() > start + PATIENCE:
                raise NoBlockError(why)


def why_no_block(found: Standing | None, model: ArmModel) -> str:
    """Return why what was ``found`` is no block that ``model`` can grasp; "" if it may be one."""
    if found is None:
        return "no block: nothing stands on the table before the arm; lay one there"
    if found.width > WIDE:
        return (
            f"what stands on the table is {1e3 * found.width:.0f} mm wide, or more than one thing:"
            " leave one block there alone"
        )
    if found.width < NARROW:
        return f"what stands on the table is {1e3 * found.width:.0f} mm wide: too small for a block"
    try:
        model.grasp.check_place(found.x, found.y, slack=BESIDE)
    except RobotError as error:
        return str(error)
    return ""


@contextmanager
def open_depth_sight(
    address: str,
    task: ToolTask,
    contract: Contract,
    keys: Path | None,
    insecure: bool,
    scene: GraspScene | None = None,
) -> Iterator[DepthSight]:
    """Yield what looks through the depth camera of the arm's server at ``address``.

    keys: folder of keys, the usual one if None; insecure: use none. scene: shows about where the
    block is, which an unmeasured mount tells to some 13 mm. Raises CameraError for what
    is no depth camera, CheckpointError for one that cannot serve a policy with ``contract``.
    """
    with open_depth(address, keys, insecure) as camera:
        first = camera.read(_FIRST)
        resampling = resampling_for(camera.name, first, contract)
        with DepthWatch(camera, first) as watch:
            yield DepthSight(watch, resampling, task, contract, scene)


def resampling_for(name: str, frame: DepthFrame, contract: Contract) -> Resampling:
    """Return how pictures like ``frame`` of camera ``name`` become those of ``contract``.

    Raises CheckpointError if they show too little, too coarsely, or not far enough.
    """
    image, field = contract.observation.image, contract.details["fov_degrees"]
    assert image is not None
    if "near" not in contract.details:
        raise CheckpointError(
            "the policy also sees what was there before the start, from a pose of its own, and that"
            " is done in simulation alone: --arm sim, or --mirror without --camera"
        )
    wanted, size, unit = _range(contract), image.shape[0], frame.unit
    if frame.fov_degrees < field - NARROWER:
        raise _unfit(name, f"sees {frame.fov_degrees:g} deg from top to bottom", f"{field:g} deg")
    if min(frame.size) < size:
        raise _unfit(name, f"has pictures of {frame.size} px", f"{size} px a side")
    if unit * _MOST < wanted.far:
        raise _unfit(name, f"tells no more than {unit * _MOST:.3g} m", f"{wanted.far} m")
    if unit > wanted.step:
        raise _unfit(name, f"tells steps of {1e3 * unit:g} mm", f"{1e3 * wanted.step:.2g} mm")
    return Resampling(frame.size, frame.fov_degrees, size, field)


def _unfit(name: str, why: str, needed: str) -> CheckpointError:
    return CheckpointError(
        f"the depth camera {name} {why}, and the policy was trained for {needed}: use another"
        " camera, or a policy that was trained for this one"
    )


def _range(contract: Contract) -> DepthRange:
    return DepthRange(contract.details["near"], contract.details["far"])
