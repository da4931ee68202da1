"""Looks through a depth camera all the time, in a thread of its own, so that no grasp waits."""

import time
from typing import TYPE_CHECKING

from perception.background import Background
from perception.depth_frame import DepthFrame
from perception.errors import CameraError

if TYPE_CHECKING:
    from cli.remote_camera import RemoteDepthCamera

STALE = 0.3
"""An older picture shows a block where it may no longer be [s]."""
_MOMENT = 0.2  # [s] that a hiccup of a busy machine may take
_GLANCE = 0.005  # [s]
_PATIENCE = 1.0  # [s] that the camera may yield no picture


class DepthWatch(Background):
    """``with DepthWatch(camera, first) as watch: watch.newest()``, of an open camera."""

    def __init__(self, camera: "RemoteDepthCamera", first: DepthFrame) -> None:
        """Go on from the ``first`` picture of ``camera``."""
        super().__init__("depth")
        self._camera, self._newest = camera, first

    def newest(self) -> DepthFrame:
        """Return the newest picture. Raises CameraError once that is stale, or the camera gone.

        A stale one is given a moment to be followed by another, in which no arm is told to move.
        """
        deadline = time.monotonic() + _MOMENT
        while True:
            self.check()
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

    def step(self) -> None:
        """Take the next picture. Raises CameraError."""
        self._newest = self._camera.read(_PATIENCE)
