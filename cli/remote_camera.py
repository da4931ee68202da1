"""The camera of an arm's server, like any other camera: one of colour, or one of depth."""

import logging
import time
from abc import ABC, abstractmethod
from typing import Generic, Self, TypeVar

from hardware.frames import Encoded, EncodedDepth, EncodedFrame
from hardware.keys import KeyStore
from hardware.remote_frames import RemoteFrames
from perception.camera import Camera, Frame
from perception.depth_frame import DepthFrame
from perception.depth_png import decode_depth
from perception.errors import CameraError
from perception.jpeg import decode
from robot.errors import RobotError

log = logging.getLogger(__name__)

_Sent = TypeVar("_Sent", EncodedFrame, EncodedDepth)
_Taken = TypeVar("_Taken", Frame, DepthFrame)


class _Remote(ABC, Generic[_Sent, _Taken]):
    """Decodes what ``RemoteFrames`` returns, of one kind.

    damaged: how many pictures were not returned because they cannot be decoded.
    """

    _kind: type[_Sent]
    _refusal: str
    """What is wrong with a camera of the other kind, and the mend."""

    def __init__(self, url: str, keys: KeyStore | None) -> None:
        """Prepare to look through the camera of the server at ``url``. Raises CameraError."""
        self.damaged = 0
        self._url = url
        self._size: tuple[int, int] | None = None
        try:
            self._frames = RemoteFrames(url, keys=keys)
        except RobotError as error:
            raise CameraError(str(error)) from error

    @abstractmethod
    def _decode(self, encoded: _Sent) -> _Taken:
        """Return the picture. Raises CameraError if it is damaged."""

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

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        self._frames.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def read(self, patience_s: float = 1.0) -> _Taken:
        """Return the newest picture not returned before that can be decoded. See ``Camera``."""
        deadline, damaged = time.monotonic() + patience_s, self.damaged
        while True:
            try:
                encoded = self._frames.read(max(0.0, deadline - time.monotonic()))
            except RobotError as error:
                many = self.damaged - damaged
                raise CameraError(f"{error}" + f"; {many} came damaged" * bool(many)) from error
            checked = self._checked(encoded)
            try:
                return self._decode(checked)
            except CameraError as error:
                self.damaged += 1
                log.warning("left out picture %d of %s: %s", encoded.number, self.name, error)

    def _checked(self, encoded: Encoded) -> _Sent:
        """Return it. Raises CameraError if it is of another kind or size than this camera's."""
        if not isinstance(encoded, self._kind):
            raise CameraError(f"{self.name} at {self._url} {self._refusal}")
        size = encoded.width, encoded.height
        if size != (self._size or size):
            raise CameraError(
                f"the pictures of {self.name} changed from {self._size} to {size} px: a server has "
                "one camera; open it again, with a calibration of that size"
            )
        self._size = size
        return encoded


class RemoteCamera(_Remote[EncodedFrame, Frame], Camera):
    """A colour camera on the other end of a network."""

    _kind = EncodedFrame
    _refusal = (
        "measures depth, and pictures in colour are needed: look through another camera, such as"
        " that of `twinarm serve --camera 0` or `--cell SEED --cell-camera wrist`"
    )

    def _decode(self, encoded: EncodedFrame) -> Frame:
        image = decode(encoded.jpeg, (encoded.width, encoded.height))
        return Frame(image, encoded.stamp, encoded.number)


class RemoteDepthCamera(_Remote[EncodedDepth, DepthFrame]):
    """A depth camera on the other end of a network."""

    _kind = EncodedDepth
    _refusal = (
        "takes pictures in colour, and depth is needed: serve a depth camera, such as that of"
        " `twinarm serve --cell SEED --cell-camera depth`"
    )

    def _decode(self, encoded: EncodedDepth) -> DepthFrame:
        depth = decode_depth(encoded.png, (encoded.width, encoded.height), encoded.unit)
        return DepthFrame(depth, encoded.stamp, encoded.number, encoded.unit, encoded.fov_degrees)
