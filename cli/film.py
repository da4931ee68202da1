"""Makes the pictures of a deployment afterwards, so that filming never slows the arm."""

from collections.abc import Iterator

import numpy as np

from cli.deployment import Deployment, Moment
from cli.inset import with_inset
from robot.model import ArmModel
from sim.grasp_scene import GraspScene
from sim.render import Picture, Viewpoint, picture

VIEW = Viewpoint(
    target=(0.13, 0.0, 0.1),
    distance=0.54,
    yaw=30.0,
    pitch=-20.0,
    width=400,
    height=340,
    shadow=False,
)
EVERY = 2  # control periods a picture
FPS = 10


def film_deployment(model: ArmModel, done: Deployment) -> Iterator[Picture]:
    """Yield a picture every second control period: the arm, and beside it its twin if any.

    What the policy saw, if it sees, is in a corner.
    """
    with GraspScene(model) as scene:
        for moment in done.moments[::EVERY]:
            *others, last = _pictures(scene, moment)
            yield np.hstack([*others, with_inset(last, moment.image)])


def _pictures(scene: GraspScene, moment: Moment) -> Iterator[Picture]:
    for state in (moment.arm, moment.twin):
        if state is not None:
            scene.show(state.positions, state.gripper, moment.block)
            yield picture(scene.world, VIEW)
