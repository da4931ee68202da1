"""The camera of an arm's server, like any other camera."""

import logging
import time

from hardware.frames import EncodedFrame
from hardware.keys import KeyStore
from hardware.remote_frames import RemoteFrames
from perception.camera import Camera, Frame, Picture
from perception.errors import CameraError
from perception.jpeg import decode
from robot.errors import RobotError

log = logging.getLogger(__name__)


class RemoteCamera(Camera):
    """Decodes what ``RemoteFrames`` returns.

    damaged: how many pictures were not returned because they cannot be decoded.
    """

    def __init__(self, url: str, keys: KeyStore | None) -> None:
        """Prepare to look through the camera of the server at ``url``. Raises CameraError."""
        self.damaged = 0
        self._size: tuple[int, int] | None = None
        try:
            self._frames = RemoteFrames(url, keys=keys)
        except RobotError as error:
            raise CameraError(str(error)) from error

    @property
    def name(self) -> str:
        """Return what the server calls its camera, once open."""
        return self._frames.name or "remote"

    def open(self) -> None:
        """Connect. Raises CameraError, also if the server has no camera."""
        self._size = None
        try:
            self._frames.open()
        except RobotError as error:
            raise CameraError(str(error)) from error

    def read(self, patience_s: float = 1.0) -> Frame | None:
        """Return the newest picture not returned before that can be decoded. See ``Camera``."""
        deadline, damaged = time.monotonic() + patience_s, self.damaged
        while True:
            try:
                frame = self._frames.read(max(0.0, deadline - time.monotonic()))
            except RobotError as error:
                many = self.damaged - damaged
                raise CameraError(f"{error}" + f"; {many} came damaged" * bool(many)) from error
            self._check_size(frame)
            if (image := self._decoded(frame)) is not None:
                return Frame(image, frame.stamp, frame.number)

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        self._frames.close()

    def _decoded(self, frame: EncodedFrame) -> Picture | None:
        try:
            return decode(frame.jpeg, (frame.width, frame.height))
        except CameraError as error:
            self.damaged += 1
            log.warning("left out picture %d of %s: %s", frame.number, self.name, error)
            return None

    def _check_size(self, frame: EncodedFrame) -> None:
        size = frame.width, frame.height
        if size != (self._size or size):
            raise CameraError(
                f"the pictures of {self.name} changed from {self._size} to {size} px: a server has "
                "one camera; open it again, with a calibration of that size"
            )
        self._size = size
