"""The camera that shows a policy the block: by markers if it is told, by depth if it sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.sight import Sight
from policies.contract import Contract
from robot.errors import RobotError
from robot.tool_task import ToolTask
from sim.grasp_scene import GraspScene


@dataclass(frozen=True, kw_only=True)
class CameraOptions:
    """Which camera finds the block on a real table, and what is known of it."""

    camera: str | None = None
    """Find the block with this camera: 0, /dev/video0, or tcp://HOST:5555 for one of the arm's
    server. A policy that is told where the block is needs markers on it, one that sees a depth
    camera at the wrist."""
    lens: Path | None = None
    """File of `twinarm calibrate camera`; where that leaves it for this camera if not given."""
    hand_eye: Path | None = None
    """File of `twinarm calibrate hand-eye`; where that leaves it for this camera if not given."""
    target: str = "cube"
    """Tagged block to look for, as for `twinarm locate`."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys; only for a server on this machine that uses none."""


_UNREAL = ("images:", "video:", "sim")
_OF_MARKERS = ("lens", "hand_eye", "target")


def check_camera(camera: str, arm: str, block: tuple[float, float] | None, on: str) -> None:
    """Raise RobotError for what makes no sense together with a ``camera``."""
    if camera.startswith(_UNREAL):
        raise RobotError(
            f"--camera {camera} does not see the arm's table: --camera 0, or tcp://pi:5555"
        )
    if arm == "sim":
        raise RobotError(
            f"--camera {camera} looks at a real table, and --arm sim has none: --arm"
            " tcp://pi:5555, or `twinarm serve --cell 7` for an emulated one"
        )
    if block is not None:
        raise RobotError("--camera and --block: the block is looked for, or said to lie somewhere")
    if on == "pi":
        raise RobotError("--camera and --on pi: pictures are looked at here, so run --on here")


def check_markers(options: CameraOptions, sees: bool) -> None:
    """Raise RobotError for options of markers where none are looked for.

    sees: whether the policy looks for itself, with a depth camera.
    """
    if options.camera is not None and not sees:
        return
    for name in _OF_MARKERS:
        if getattr(options, name) != getattr(CameraOptions, name):
            why = "a policy that sees needs no markers" if sees else "give --camera, too"
            raise RobotError(f"--{name.replace('_', '-')} is of a camera that sees markers: {why}")


@contextmanager
def open_camera_sight(
    options: CameraOptions, arm: str, scene: GraspScene | None, contract: Contract, task: ToolTask
) -> Iterator[Sight]:
    """Yield what looks through the camera of ``options`` for a policy with ``contract``.

    arm: address of its server. scene: shows where the block is, if there is one. Raises
    RobotError for what is missing.
    """
    assert options.camera is not None
    if contract.observation.image is not None:
        from cli.depth_sight import open_depth_sight

        keys, insecure = options.keys, options.insecure_loopback
        with open_depth_sight(options.camera, task, contract, keys, insecure, scene) as sight:
            yield sight
        return
    from cli.camera_eye import EyeOptions, open_eye
    from cli.marker_sight import open_marker_sight
    from perception.targets import parse_target

    target = parse_target(options.target)
    eye_options = EyeOptions(
        camera=options.camera,
        lens=options.lens,
        hand_eye=options.hand_eye,
        arm=arm,
        model=task.model.name,
        keys=options.keys,
        insecure_loopback=options.insecure_loopback,
    )
    with (
        open_eye(eye_options, placed=True) as eye,
        open_marker_sight(eye, target, task, scene) as sight,
    ):
        yield sight
