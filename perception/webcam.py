"""A camera on USB or in the machine, by OpenCV: always the newest picture, never a backlog."""

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread

import cv2

from perception.camera import Camera, Frame, Picture
from perception.devices import DEV, usable_device
from perception.errors import CameraError

log = logging.getLogger(__name__)

OPENING_S = 8.0
"""How long a camera may take to its first picture [s]."""
_BAD_IN_A_ROW = 10  # pictures that did not come, after which the camera counts as gone
_PAUSE = 0.02  # [s] after one that did not come
_LEAVING_S = 2.0  # for a picture that is being waited for; OpenCV cannot be interrupted


class Webcam(Camera):
    """Reads in a thread of its own, because cameras queue pictures that are not taken."""

    def __init__(self, device: int | str) -> None:
        """Prepare to open ``device``: its number, its path, or whatever else OpenCV opens."""
        self._device = device
        self._name = f"video{device}" if isinstance(device, int) else Path(device).name
        self._reader: _Reader | None = None

    @property
    def name(self) -> str:
        """Return what its maker calls it, once open; else the name of the device."""
        return self._name

    def open(self) -> None:
        """Wait for the first picture. Raises CameraError with the mend if there is none."""
        self.close()
        source, backend = self._source()
        self._reader = _Reader(self._name, source, backend)
        try:
            self._reader.wait_for_first(OPENING_S)
        except CameraError:
            self.close()
            raise

    def read(self, patience_s: float = 1.0) -> Frame | None:
        """Return the newest picture not returned before. See ``Camera``."""
        if self._reader is None:
            raise CameraError(f"the camera {self._name} is not open: call open() first")
        return self._reader.newest(patience_s)

    def close(self) -> None:
        """Let go of the camera. Safe to call twice."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _source(self) -> tuple[int | str, int]:
        """Return what OpenCV shall open and by which of its backends."""
        path = DEV / f"video{self._device}" if isinstance(self._device, int) else Path(self._device)
        if sys.platform != "linux" or DEV not in path.parents:
            return self._device, cv2.CAP_ANY
        self._name = usable_device(path).title
        return str(path), cv2.CAP_V4L2


class _Reader:
    """The thread, and the newest picture it took."""

    def __init__(self, name: str, source: int | str, backend: int) -> None:
        self._name, self._source, self._backend = name, source, backend
        self._news = Condition()
        self._frame: Frame | None = None
        self._returned = self._number = -1
        self._failure = ""
        self._over = False
        self._thread = Thread(target=self._run, name=f"camera {name}", daemon=True)
        self._thread.start()

    def wait_for_first(self, patience_s: float) -> None:
        with self._news:
            self._await(lambda: self._frame is not None, patience_s)

    def newest(self, patience_s: float) -> Frame:
        with self._news:
            self._await(self._is_new, patience_s)
            assert self._frame is not None
            self._returned = self._frame.number
            return self._frame

    def close(self) -> None:
        self._over = True
        self._thread.join(_LEAVING_S)
        if self._thread.is_alive():
            log.warning("the camera %s does not answer: it is let go of once it does", self._name)

    def _is_new(self) -> bool:
        return self._frame is not None and self._frame.number > self._returned

    def _await(self, there: Callable[[], bool], patience_s: float) -> None:
        self._news.wait_for(lambda: there() or bool(self._failure), patience_s)
        if there():
            return
        raise CameraError(
            self._failure
            or f"the camera {self._name} gave no picture for {patience_s:g} s: it stands still; "
            "plug it in anew, on a port of its own"
        )

    def _run(self) -> None:
        capture = cv2.VideoCapture(self._source, self._backend)
        try:
            self._take_all(capture)
        except cv2.error as error:
            self._fail(f"the camera {self._name} failed: {error.err}")
        finally:
            capture.release()

    def _take_all(self, capture: cv2.VideoCapture) -> None:
        if not capture.isOpened():
            self._fail(
                f"the camera {self._name} cannot be opened: another program may be using it "
                "(close it), or it is no camera (see `twinarm doctor`)"
            )
            return
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        missed = 0
        while not self._over and missed < _BAD_IN_A_ROW and not self._failure:
            taken, image = capture.read()
            self._number += 1
            missed = 0 if taken else missed + 1
            if taken:
                self._keep(image, time.monotonic())
            else:
                time.sleep(_PAUSE)
        if missed:
            self._fail(f"the camera {self._name} is gone: it was unplugged; plug it in anew")

    def _keep(self, image: Picture, stamp: float) -> None:
        frame = Frame(image, stamp, self._number)
        with self._news:
            if self._frame is not None and frame.size != self._frame.size:
                self._failure = (
                    f"the pictures of the camera {self._name} changed from {self._frame.size} to "
                    f"{frame.size} px: another program set it anew; close that and open it again"
                )
            else:
                self._frame = frame
            self._news.notify_all()

    def _fail(self, failure: str) -> None:
        with self._news:
            self._failure = failure
            self._news.notify_all()
