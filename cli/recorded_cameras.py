"""The cameras of a recording: each in a thread of its own, so that none slows the arm."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from cli.cameras import open_any
from perception.background import Background
from perception.camera import Camera, Picture
from perception.errors import CameraError
from robot.errors import RobotError
from sim.grasp_scene import GraspScene
from sim.render import WHOLE_ARM, picture

PATIENCE = 5.0  # [s] for the first picture
SCENE = "sim"
VIEW = replace(WHOLE_ARM, width=320, height=240, shadow=False)


class Eye(Protocol):
    """Whatever always has a newest picture."""

    def newest(self) -> Picture:
        """Return RGB [height, width, 3] with even sides. Raises CameraError if it is gone."""


class SceneEye:
    """Draws the arm's own simulated scene as it is now, in 12 ms."""

    def __init__(self, scene: GraspScene) -> None:
        """Look at ``scene``."""
        self._scene = scene

    def newest(self) -> Picture:
        """Return the scene."""
        return picture(self._scene.world, VIEW)


class CameraEye(Background):
    """Keeps the newest picture of an open camera."""

    def __init__(self, camera: Camera) -> None:
        """Read ``camera``."""
        super().__init__("recorded camera")
        self._camera = camera
        self._picture: Picture | None = None

    def newest(self) -> Picture:
        """Return it, after waiting for the first one. Raises CameraError."""
        limit = time.monotonic() + PATIENCE
        while self._picture is None:
            self.check()
            if time.monotonic() > limit:
                raise CameraError(f"{self._camera.name}: no picture for {PATIENCE:.0f} s")
            time.sleep(0.01)
        self.check()
        return self._picture

    def step(self) -> None:
        """Read the next picture."""
        frame = self._camera.read()
        if frame is None:
            raise CameraError(f"{self._camera.name}: the recording is at its end")
        height, width = (side // 2 * 2 for side in frame.image.shape[:2])
        self._picture = np.ascontiguousarray(frame.image[:height, :width, ::-1])


@contextmanager
def open_eyes(
    addresses: tuple[str, ...],
    scene: GraspScene | None,
    keys: Path | None = None,
    insecure: bool = False,
) -> Iterator[dict[str, Eye]]:
    """Yield an eye for each ``NAME=ADDRESS``; ``sim`` is the arm's scene. Raises RobotError."""
    named = _named(addresses)
    with ExitStack() as stack:
        eyes: dict[str, Eye] = {}
        for name, address in named.items():
            if address != SCENE:
                camera = stack.enter_context(open_any(address, keys, insecure))
                eyes[name] = stack.enter_context(CameraEye(camera))
            elif scene is None:
                raise RobotError(f"--cameras {name}=sim: nothing is simulated; add --mirror")
            else:
                eyes[name] = SceneEye(scene)
        yield eyes


def sizes(eyes: dict[str, Eye]) -> dict[str, tuple[int, int]]:
    """Return height and width of what each eye sees [px]. Raises CameraError."""
    shapes = {name: eye.newest().shape for name, eye in eyes.items()}
    return {name: (shape[0], shape[1]) for name, shape in shapes.items()}


def _named(addresses: tuple[str, ...]) -> dict[str, str]:
    pairs = [address.partition("=")[::2] for address in addresses]
    for name, address in pairs:
        if not address or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise RobotError(
                f"--cameras {name}{'=' if address else ''}{address}: write NAME=ADDRESS, such as"
                " front=0"
            )
    if len(dict(pairs)) < len(pairs):
        raise RobotError(f"--cameras {' '.join(addresses)}: two of one name")
    return dict(pairs)
