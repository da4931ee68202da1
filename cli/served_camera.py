"""Any camera as what an arm's server takes its pictures from."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Self

from cli.cameras import open_any
from hardware.frames import EncodedFrame, FrameSource
from hardware.protocol import MAX_PICTURE
from perception.camera import Camera, Frame
from perception.errors import CameraError

log = logging.getLogger(__name__)

RATE = 15.0
"""Pictures a second at most [Hz]: enough to look for markers; a Pi's cores are for its arm."""
RETRY = 2.0
"""How long to wait before a camera that was lost is opened again [s]."""


@contextmanager
def served_camera(address: str | None) -> Iterator[FrameSource | None]:
    """Yield the camera at ``address`` for a server, or None for None. Raises CameraError."""
    if address is None:
        yield None
        return
    if address.startswith("tcp://"):
        raise CameraError(f"--camera {address}: serve a camera of this machine, not another's")
    with ServedCamera(open_any(address)) as camera:
        yield camera


class ServedCamera:
    """Reads and encodes in a thread of its own; ``latest`` only looks at what is there.

    A recording begins anew at its end; a camera that is lost is tried again every 2 s.
    """

    def __init__(self, camera: Camera, rate_hz: float = RATE) -> None:
        """Serve ``camera``, not opened yet, at ``rate_hz`` at most."""
        self._camera, self._period = camera, 1.0 / rate_hz
        self._newest: EncodedFrame | None = None
        self._over = Event()
        self._thread = Thread(target=self._run, name="camera", daemon=True)

    @property
    def name(self) -> str:
        """Return the camera's name."""
        return self._camera.name

    def latest(self) -> EncodedFrame | None:
        """Return the newest picture."""
        return self._newest

    def __enter__(self) -> Self:
        """Open the camera and take a first picture. Raises CameraError."""
        self._camera.open()
        try:
            first = self._camera.read()
            if first is None:
                raise CameraError(f"{self.name}: there are no pictures in it")
            self._newest = _encoded(first, 0)
        except BaseException:
            self._camera.close()
            raise
        self._open = True
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._camera.close()

    def _run(self) -> None:
        pause, told = 0.0, ""
        while not self._over.wait(pause):
            try:
                self._take_all()
                pause, told = 0.0, ""
            except CameraError as error:
                if str(error) != told:  # once, not every two seconds
                    log.error("%s; the arm goes on, the camera is tried again", error)
                pause, told = RETRY, str(error)

    def _take_all(self) -> None:
        """Take pictures until told to end, or until a recording is at its end."""
        if not self._open:
            self._camera.open()
        self._open = False
        while not self._over.is_set():
            frame = self._camera.read()
            if frame is None:
                return
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        assert self._newest is not None
        if frame.stamp < self._newest.stamp + 0.9 * self._period:
            return
        self._over.wait(frame.stamp - time.monotonic())  # a recording is read ahead of its time
        self._newest = _encoded(frame, self._newest.number + 1)


def _encoded(frame: Frame, number: int) -> EncodedFrame:
    from perception.jpeg import encode

    width, height = frame.size
    jpeg = encode(frame.image)
    if len(jpeg) > MAX_PICTURE:
        raise CameraError(
            f"a picture of {width}x{height} px is {len(jpeg) // 1024} KiB as JPEG, at most "
            f"{MAX_PICTURE // 1024} KiB go over the bridge: let the camera take smaller ones"
        )
    return EncodedFrame(jpeg, frame.stamp, number, width, height)
