"""A camera with its lens, and where it is: beside an arm, on its wrist, or not known."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cli.cameras import open_any
from hardware.keys import KeyStore
from hardware.remote_arm import RemoteArm
from perception.calibration_file import calibration_path
from perception.camera import Camera, Frame
from perception.camera_place import KIND as PLACE
from perception.camera_place import CameraPlace, read_camera_place
from perception.errors import CalibrationRefusedError, CameraError
from perception.lens import Lens, Matrix
from perception.lens_file import KIND, read_lens
from robot.model import load_arm
from robot.play import Play

_RECORDED = ("images:", "video:")
_STILL = 0.01  # [rad] within which the joints of an arm at rest read
_SETTLED = 0.2  # [s] at rest, after which it does not swing any more


@dataclass(frozen=True)
class EyeOptions:
    """Which camera, its lens, and where it is."""

    camera: str = "0"
    """0, /dev/video0, video:FILE, images:FOLDER, sim, or tcp://HOST:5555 for an arm's server."""
    lens: Path | None = None
    """File of `twinarm calibrate camera`; where that leaves it for this camera if not given."""
    hand_eye: Path | None = None
    """File of `twinarm calibrate hand-eye`, for poses in the frame of the arm's base."""
    arm: str | None = None
    """Address of the arm's server; needed only where --hand-eye is of a camera on the wrist."""
    model: str = "dofbot"
    """Arm that is expected, by its folder in urdf/."""
    keys: Path | None = None
    """Folder of keys; $TWINARM_KEYS or ~/.config/twinarm/keys if not given."""
    insecure_loopback: bool = False
    """Use no keys; only for a server on this machine that uses none."""


@dataclass(frozen=True, slots=True)
class Eye:
    """An open camera. place: None if not known. arm: that carries it, else None."""

    camera: Camera
    first: Frame
    lens: Lens
    place: CameraPlace | None
    arm: RemoteArm | None

    def frames(self) -> Iterator[Frame]:
        """Yield pictures, to the end of a recording or for ever."""
        frame: Frame | None = self.first
        while frame is not None:
            yield frame
            frame = self.camera.read()

    def T_base_camera(self) -> Matrix | None:  # noqa: N802
        """Return where the camera is now; None if that is not known."""
        if self.place is None or self.arm is None:
            return None if self.place is None else self.place.T_parent_camera
        return self.place.T_base_camera(self.arm.model, self.arm.state().positions)

    def place_at_rest(self) -> Callable[[float], Matrix | None]:
        """Return what says where the camera was when a picture was taken, for one thread.

        It says None while the wrist that carries the camera moves, or nobody knows the place.
        """
        place, arm = self.place, self.arm
        if place is None or arm is None:
            return lambda stamp: None if place is None else place.T_parent_camera
        there, since = np.full(arm.model.n, np.inf), np.inf
        play = Play(arm.model.n, place.half_play)

        def at(stamp: float) -> Matrix | None:
            nonlocal there, since
            positions = arm.state().positions
            side = play.side(positions)
            if np.abs(positions - there).max() > _STILL:
                there, since = positions, time.monotonic()
            if stamp < since + _SETTLED:
                return None
            return place.T_base_camera(arm.model, positions, side)

        return at


@contextmanager
def open_eye(options: EyeOptions, placed: bool = False) -> Iterator[Eye]:
    """Yield the camera with all that is known of it. Raises RobotError for what is missing.

    placed: its place has to be known; in the file where `twinarm calibrate hand-eye` leaves it
    if no other is given.
    """
    insecure = options.insecure_loopback
    with ExitStack() as stack:
        camera = stack.enter_context(open_any(options.camera, options.keys, insecure))
        first = camera.read(patience_s=5.0)
        if first is None:
            raise CameraError(f"{options.camera}: there are no pictures in it")
        recorded = options.camera.startswith(_RECORDED)
        name = None if recorded else camera.name
        file = options.lens or calibration_path(KIND, camera.name, first.size)
        lens = read_lens(file, camera=name, size=first.size)
        hand_eye = options.hand_eye
        if placed and hand_eye is None:
            hand_eye = calibration_path(PLACE, camera.name, first.size, options.model)
        place = _place(hand_eye, options.model, name, first.size)
        arm = None
        if place is not None and place.on_arm:
            arm = stack.enter_context(_arm(options))
        yield Eye(camera, first, lens, place, arm)


def _place(
    file: Path | None, model: str, camera: str | None, size: tuple[int, int]
) -> CameraPlace | None:
    return None if file is None else read_camera_place(file, load_arm(model), camera, size)


def _arm(options: EyeOptions) -> RemoteArm:
    """Return the arm that carries the camera, only to be observed."""
    if options.arm is None:
        raise CalibrationRefusedError(
            f"{options.hand_eye}: of a camera on the arm's wrist, so where it is depends on the"
            " arm: give its server, --arm tcp://pi:5555"
        )
    keys = None if options.insecure_loopback else KeyStore(options.keys)
    arm = RemoteArm(options.arm, keys=keys, observe=True)
    if arm.model.name != options.model:
        raise CalibrationRefusedError(f"{options.arm} is a {arm.model.name}, not {options.model}")
    return arm
