"""What one sees while teleoperating: the person, the arm, and how both are."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from perception.jpeg import decode, encode
from perception.person import Person
from perception.skeleton import skeleton
from robot.command import ArmState
from robot.model import ArmModel
from sim.grasp_scene import GraspScene
from sim.render import Picture, Viewpoint, picture
from sim.world import BodyPose

HEIGHT = 340  # [px]
VIEW = Viewpoint(
    target=(0.1, 0.0, 0.17),
    distance=0.85,
    yaw=30.0,
    pitch=-20.0,
    width=400,
    height=HEIGHT,
    shadow=False,
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One moment: the arm, the block if there is one, and what is told of it.

    photo: what the camera saw, small and as a JPEG, if there is one; person: who is in it.
    """

    arm: ArmState
    block: BodyPose | None
    words: list[str]
    photo: bytes | None = None
    person: Person | None = None


class Painter:
    """``with Painter(model) as painter: painter.paint(shot)``."""

    def __init__(self, model: ArmModel) -> None:
        """Prepare a scene of its own, so that painting moves nothing."""
        self._scene = GraspScene(model)

    def paint(self, shot: Shot) -> Picture:
        """Return the camera's picture with the skeleton, and the arm beside it, RGB."""
        self._scene.show(shot.arm.positions, shot.arm.gripper, shot.block)
        arm = picture(self._scene.world, VIEW)
        if shot.photo is None:
            return _rgb(skeleton(_rgb(arm), None, shot.words))
        camera = skeleton(decode(shot.photo), shot.person, shot.words)
        return np.hstack([_rgb(camera), arm])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._scene.close()


def photo(image: Picture) -> bytes:
    """Return ``image``, blue, green, red, as a ``Shot`` has it: as high as the arm's picture."""
    height, width = image.shape[:2]
    size = round(width * HEIGHT / height / 2) * 2, HEIGHT
    return encode(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _rgb(image: Picture) -> Picture:
    """Return ``image`` with red and blue exchanged."""
    return np.ascontiguousarray(image[:, :, ::-1])
