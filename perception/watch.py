"""Looks through a camera all the time, in a thread of its own, for where targets are."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from perception.background import Background
from perception.camera import Camera, Frame
from perception.errors import CameraError
from perception.lens import Matrix
from perception.locate import Locator, Look

_PATIENCE = 1.0
"""How long a camera may yield no picture [s]."""


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A picture, and what came of it. took: how long locating took [s]; age: from when the
    picture was taken to when that was known [s]."""

    frame: Frame
    look: Look
    took: float
    age: float


class Watch(Background):
    """``with Watch(camera, locator, place) as watch: watch.newest()``, of an open camera."""

    def __init__(
        self, camera: Camera, locator: Locator, place: Callable[[float], Matrix | None]
    ) -> None:
        """Look for what ``locator`` knows in the pictures of ``camera``.

        place: returns where the camera was at a time [s], ``T_base_camera``; None if that is not
        known well enough, as of a moving wrist: such pictures are left out.
        """
        super().__init__("watch")
        self._camera, self._locator, self._place = camera, locator, place
        self._newest: Watched | None = None

    def newest(self) -> Watched | None:
        """Return what came of the newest picture; None before the first.

        Raises what the camera, or the arm that carries it, raised: CameraError, ArmError.
        """
        self.check()
        return self._newest

    def step(self) -> None:
        """Look at the next picture. Raises CameraError, ArmError."""
        frame = self._camera.read(_PATIENCE)
        if frame is None:
            raise CameraError(f"{self._camera.name}: the recording is at its end")
        T_base_camera = self._place(frame.stamp)
        if T_base_camera is None:
            return
        start = time.monotonic()
        look = self._locator.look(frame, T_base_camera)
        now = time.monotonic()
        self._newest = Watched(frame, look, now - start, now - frame.stamp)
