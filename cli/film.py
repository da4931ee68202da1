"""Makes the pictures of a deployment afterwards, so that filming never slows the arm."""

from collections.abc import Iterator

import numpy as np

from cli.deployment import Deployment, Moment
from cli.inset import with_inset
from robot.model import ArmModel
from sim.grasp_scene import GraspScene
from sim.render import Picture, Viewpoint, picture

VIEW = Viewpoint(
    target=(0.12, 0.0, 0.165),
    distance=0.74,
    yaw=30.0,
    pitch=-20.0,
    width=400,
    height=340,
    shadow=False,
)
PHOTO = (452, 340)
"""Width and height of what a camera saw [px]; a video wants even ones."""
EVERY = 2  # control periods a picture
FPS = 10


def film_deployment(model: ArmModel, done: Deployment) -> Iterator[Picture]:
    """Yield a picture every second control period: the arm, and beside it its twin if any.

    What the policy saw, if it sees, is in a corner; what a camera for people saw is before them.
    """
    seen = any(moment.photo for moment in done.moments)
    with GraspScene(model) as scene:
        for moment in done.moments[::EVERY]:
            if moment.mark is not None:
                scene.mark(*moment.mark)
            *others, last = _pictures(scene, moment)
            photo = [_photo(moment.photo)] if seen else []
            yield np.hstack([*photo, *others, with_inset(last, moment.image)])


def _pictures(scene: GraspScene, moment: Moment) -> Iterator[Picture]:
    for state in (moment.arm, moment.twin):
        if state is not None:
            scene.show(state.positions, state.gripper, moment.block)
            yield picture(scene.world, VIEW)


def _photo(jpeg: bytes | None) -> Picture:
    """Return what a camera saw, black before its first picture."""
    if jpeg is None:
        return np.zeros((*PHOTO[::-1], 3), np.uint8)
    import cv2

    from perception.jpeg import decode

    small = cv2.resize(decode(jpeg), PHOTO, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1])
