"""Looks for a person through a camera all the time, in a thread of its own."""

import time
from dataclasses import dataclass
from math import inf
from threading import Event

from perception.background import Background
from perception.camera import Camera, Frame
from perception.landmarker import Landmarker
from perception.person import Person
from perception.recordings import Recording

_PATIENCE = 1.0
"""How long a camera may yield no picture [s]."""
_REST = 0.02  # between two looks whether to leave, once a recording is at its end [s]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture, and who is in it. took: how long finding them took [s]; age: from when the
    picture was taken to when that was known [s]."""

    frame: Frame
    person: Person | None
    took: float
    age: float


class PersonWatch(Background):
    """``with PersonWatch(camera, landmarker) as watch: watch.newest()``, of what is open already.

    A recording is watched at the pace at which it was taken.
    """

    def __init__(self, camera: Camera, landmarker: Landmarker) -> None:
        """Look for a person in the pictures of ``camera``."""
        super().__init__("person watch")
        self._camera, self._landmarker = camera, landmarker
        self._seen: Seen | None = None
        self._ended = False
        self._news = Event()
        self._stamp, self._spacing = -inf, inf

    @property
    def ended(self) -> bool:
        """Return whether the camera is a recording, and at its end."""
        return self._ended

    def newest(self) -> Person | None:
        """Return the person in the newest picture, None for nobody. Raises CameraError."""
        seen = self.seen()
        return None if seen is None else seen.person

    def seen(self) -> Seen | None:
        """Return what came of the newest picture; None before the first. Raises CameraError."""
        self.check()
        return self._seen

    def wait(self, patience_s: float) -> None:
        """Return once a picture was looked at, or after ``patience_s`` [s] without any."""
        self._news.wait(patience_s)
        self._news.clear()

    def step(self) -> None:
        """Look at the next picture. Raises CameraError."""
        frame = None if self._ended else self._next()
        if frame is None:
            self._ended = True
            time.sleep(_REST)
            return
        start = time.monotonic()
        person = self._landmarker.detect(frame)
        now = time.monotonic()
        self._seen = Seen(frame, person, now - start, now - frame.stamp)
        self._news.set()

    def _next(self) -> Frame | None:
        """Return the next picture; one of a recording once it is due, the newest that is."""
        frame = self._read()
        if isinstance(self._camera, Recording):
            while frame is not None and frame.stamp + self._spacing < time.monotonic():
                frame = self._read()
            if frame is not None:
                time.sleep(max(0.0, frame.stamp - time.monotonic()))
        return frame

    def _read(self) -> Frame | None:
        frame = self._camera.read(_PATIENCE)
        if frame is not None:
            self._spacing, self._stamp = frame.stamp - self._stamp, frame.stamp
        return frame
