"""Looks through a depth camera all the time, in a thread of its own, so that no grasp waits."""

import time
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

from perception.depth_frame import DepthFrame
from perception.errors import CameraError

if TYPE_CHECKING:
    from cli.remote_camera import RemoteDepthCamera

STALE = 0.3
"""An older picture shows a block where it may no longer be [s]."""
_MOMENT = 0.2  # [s] that a hiccup of a busy machine may take
_GLANCE = 0.005  # [s]
_PATIENCE = 1.0  # [s] that the camera may yield no picture


class DepthWatch:
    """``with DepthWatch(camera, first) as watch: watch.newest()``, of an open camera."""

    def __init__(self, camera: "RemoteDepthCamera", first: DepthFrame) -> None:
        """Go on from the ``first`` picture of ``camera``."""
        self._camera, self._newest = camera, first
        self._error: CameraError | None = None
        self._over = Event()
        self._thread = Thread(target=self._run, name="depth", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def newest(self) -> DepthFrame:
        """Return the newest picture. Raises CameraError once that is stale, or the camera gone.

        A stale one is given a moment to be followed by another, in which no arm is told to move.
        """
        deadline = time.monotonic() + _MOMENT
        while True:
            if self._error is not None:
                raise self._error
            newest, now = self._newest, time.monotonic()
            if now - newest.stamp <= STALE:
                return newest
            if now > deadline:
                raise CameraError(self._staleness(now - newest.stamp))
            time.sleep(_GLANCE)

    def _staleness(self, age: float) -> str:
        damaged = self._camera.damaged
        return (
            f"the newest depth picture of {self._camera.name} is {age:.2f} s old, at most"
            f" {STALE} s is safe to move by: the camera stands still, or the network is slow"
            + (f" ({damaged} pictures came damaged)" if damaged else "")
        )

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._newest = self._camera.read(_PATIENCE)
        except CameraError as error:
            self._error = error
