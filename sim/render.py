"""Pictures of a world for people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.bullet import pybullet
from sim.world import World

Picture = NDArray[np.uint8]
_NOTHING = 0.999999  # depth buffer where nothing was drawn; the far plane lies beyond every scene


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where people look from: a point looked at [m], distance [m], angles [deg], size [px].

    Lengths are for an arm of the DOFBot's size; where a greater one is shown they are as much more.
    """

    target: tuple[float, float, float] = (0.13, 0.0, 0.08)
    distance: float = 0.62
    yaw: float = 35.0
    pitch: float = -22.0
    fov: float = 45.0
    width: int = 640
    height: int = 480
    shadow: bool = True


WHOLE_ARM = Viewpoint(target=(0.1, 0.0, 0.17), distance=0.85, yaw=30.0, pitch=-20.0)
"""From where an arm and its table are seen whole, even where it stands upright."""


def picture(world: World, view: Viewpoint | None = None) -> Picture:
    """Return an RGB picture [height, width, 3] of ``world`` from ``view``."""
    view = view or Viewpoint()
    scale = world.scale
    pose = pybullet.computeViewMatrixFromYawPitchRoll(
        [scale * x for x in view.target], scale * view.distance, view.yaw, view.pitch, 0.0, 2
    )
    aspect = view.width / view.height
    lens = pybullet.computeProjectionMatrixFOV(view.fov, aspect, 0.02 * scale, 3.0 * scale)
    for mark in world.marks:
        mark.show(True)
    _, _, rgba, depth, _ = pybullet.getCameraImage(
        view.width,
        view.height,
        pose,
        lens,
        lightDirection=(0.6, -0.8, 1.6),
        shadow=int(view.shadow),
        renderer=pybullet.ER_TINY_RENDERER,
        flags=pybullet.ER_NO_SEGMENTATION_MASK,
        physicsClientId=world.client,
    )
    for mark in world.marks:
        mark.show(False)
    pixels: Picture = np.asarray(rgba, dtype=np.uint8).reshape(view.height, view.width, 4)
    seen = np.asarray(depth).reshape(view.height, view.width, 1) < _NOTHING
    return np.where(seen, pixels[:, :, :3], _backdrop(view.height)[:, None, :])


def _backdrop(height: int) -> Picture:
    """Return a column [height, 3] from a darker to a lighter grey-blue."""
    top, bottom = np.array([176.0, 192.0, 206.0]), np.array([232.0, 237.0, 241.0])
    return np.linspace(top, bottom, height).astype(np.uint8)
