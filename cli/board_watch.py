"""An arm, a camera, its lens and a board, ready for a calibration that moves the arm."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.cameras import open_any
from hardware.errors import StaleCommandError
from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from robot.errors import RobotError
from robot.loop import ControlLoop
from robot.pilot import Pilot

if TYPE_CHECKING:
    from cli.board_tour import Watch
    from perception.camera import Camera
    from perception.lens import Lens

RATE = 50.0
"""Commands a second [Hz]."""
_PATIENCE = 4.0  # [s] for the server: its watchdog holds the arm long before, and no look is lost


@dataclass(frozen=True)
class WatchOptions:
    """Which camera and arm, and what the camera looks at."""

    camera: str
    """Camera: 0, /dev/video0, or the address of an arm's server such as tcp://pi:5555."""
    arm: str
    """Address of the arm's server, such as tcp://pi:5555."""
    lens: Path | None = None
    """File of `twinarm calibrate camera`; where that leaves it for this camera if not given."""
    board: str = "a4"
    """The board that was printed: a4, letter or FILE.json."""
    square_mm: float | None = None
    """Side of a square, as measured on the print [mm]; as drawn if not given."""
    model: str = "dofbot"
    """Arm that is expected, by its folder in urdf/."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys; only for a server on this machine that uses none."""


@contextmanager
def open_watch(options: WatchOptions) -> "Iterator[Watch]":
    """Yield everything ready, the arm not moved yet; it is stopped and let go of at the end.

    Raises RobotError: whatever is missing, refused or not there.
    """
    from cli.board_tour import Watch
    from perception.board import named_board

    if not options.arm.startswith("tcp://"):
        raise RobotError(f"--arm {options.arm!r} is no address of a server, like tcp://pi:5555")
    board = named_board(options.board, options.square_mm)
    insecure = options.insecure_loopback
    with open_any(options.camera, options.keys, insecure) as camera:
        lens = _lens(options.lens, camera)
        keys = None if insecure else KeyStore(options.keys)
        arm = RemoteArm(options.arm, keys=keys, timeout_s=_PATIENCE)
        if arm.model.name != options.model:
            raise RobotError(
                f"{options.arm} is a {arm.model.name}, not a {options.model} (--model)"
            )
        with arm:
            pilot = Pilot(arm, ControlLoop(RATE), forgive=(StaleCommandError,))
            yield Watch(pilot, camera, lens, board, time.monotonic)


def calibration_target(
    out: Path | None, kind: str, camera: str, size: tuple[int, int], arm: str | None
) -> Path:
    """Return the file to write. Raises RobotError now, not after the tour, if it cannot be."""
    from perception.calibration_file import calibration_path

    path = out or calibration_path(kind, camera, size, arm)
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise RobotError(f"{path}: no file can be written there; choose another with --out")
    return path


def _lens(path: Path | None, camera: "Camera") -> "Lens":
    from perception.calibration_file import calibration_path
    from perception.errors import CameraError
    from perception.lens_file import KIND, read_lens

    frame = camera.read(patience_s=5.0)
    if frame is None:
        raise CameraError(f"{camera.name} shows nothing: it takes a camera that goes on")
    file = path or calibration_path(KIND, camera.name, frame.size)
    return read_lens(file, camera=camera.name, size=frame.size)
