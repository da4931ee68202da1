"""Shows a policy what the depth camera at the wrist of a remote arm sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cli.cameras import open_depth
from cli.depth_watch import DepthWatch
from cli.sight import Sight
from perception.depth_frame import DepthFrame, Resampling
from policies.contract import Contract
from policies.errors import CheckpointError
from robot.command import ArmState
from robot.depth_image import DepthRange
from robot.task import GraspTask

NARROWER = 4.0
"""How much less than in training a camera may see [deg]: as far as training varies it."""
_FIRST = 5.0  # [s] that the first picture may take
_MOST = 2**16 - 1  # of the values in a picture


class DepthSight(Sight):
    """Packs the newest depth picture with what the arm measures of itself."""

    def __init__(
        self, watch: DepthWatch, resampling: Resampling, task: GraspTask, contract: Contract
    ) -> None:
        """Look at what ``watch`` has, by ``resampling`` as the camera of ``contract`` would."""
        self._watch, self._resampling = watch, resampling
        self._task, self._contract = task, contract
        self._range = _range(contract)

    def __call__(self, state: ArmState) -> NDArray[Any]:
        """Return the picture and ``GraspTask.proprioception``, packed.

        Raises CameraError if the camera is gone or stands still.
        """
        self.image = self._range.encode(self._resampling(self._watch.newest().depth))
        numbers = self._task.proprioception(state)
        return self._contract.observation.pack({"depth": self.image, "state": numbers})


@contextmanager
def open_depth_sight(
    address: str, task: GraspTask, contract: Contract, keys: Path | None, insecure: bool
) -> Iterator[DepthSight]:
    """Yield what looks through the depth camera of the arm's server at ``address``.

    keys: folder of keys, the usual one if None; insecure: use none. Raises CameraError for what
    is no depth camera, CheckpointError for one that cannot serve a policy with ``contract``.
    """
    with open_depth(address, keys, insecure) as camera:
        first = camera.read(_FIRST)
        resampling = resampling_for(camera.name, first, contract)
        with DepthWatch(camera, first) as watch:
            yield DepthSight(watch, resampling, task, contract)


def resampling_for(name: str, frame: DepthFrame, contract: Contract) -> Resampling:
    """Return how pictures like ``frame`` of camera ``name`` become those of ``contract``.

    Raises CheckpointError if they show too little, too coarsely, or not far enough.
    """
    image, field = contract.observation.image, contract.details["fov_degrees"]
    assert image is not None
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
