"""A simulated camera, like any other: what people see of a simulated scene."""

import time

from perception.camera import Camera, Frame
from perception.errors import CameraError
from robot.model import load_arm
from sim.grasp_scene import GraspScene
from sim.render import Viewpoint, picture


class SimCamera(Camera):
    """Takes a picture whenever it is asked for one."""

    name = "sim"

    def __init__(self, scene: GraspScene | None = None, view: Viewpoint | None = None) -> None:
        """Look from ``view`` at ``scene``, else at one of its own: a DOFBot and a block."""
        self._shown, self._view = scene, view or Viewpoint()
        self._own: GraspScene | None = None
        self._scene: GraspScene | None = None
        self._number = -1

    def open(self) -> None:
        """Make the scene, unless it was given."""
        self.close()
        if self._shown is None:
            self._own = GraspScene(load_arm("dofbot"))
        self._scene, self._number = self._shown or self._own, -1

    def read(self, patience_s: float = 1.0) -> Frame | None:
        """Return a picture of the scene as it is now. See ``Camera``."""
        if self._scene is None:
            raise CameraError("the simulated camera is not open: call open() first")
        stamp = time.monotonic()
        self._number += 1
        image = picture(self._scene.world, self._view)[:, :, ::-1].copy()
        return Frame(image, stamp, self._number)

    def close(self) -> None:
        """Free the scene, unless it was given. Safe to call twice."""
        own, self._own, self._scene = self._own, None, None
        if own is not None:
            own.close()
