"""The arm as a camera sees it, with how far away it is; everything flat is drawn elsewhere."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.bullet import pybullet
from sim.optics import Matrix, RayMap
from sim.quads import Canvas, Picture
from sim.world import World

_NEAR, _FAR = 0.01, 2.0  # [m]
_NOTHING = 0.999999  # depth buffer where nothing was drawn
_COARSER = 2  # times than the picture: the arm has nothing fine on it, and the time counts


class ArmPicture:
    """Lets PyBullet draw through a lens without distortion, then bends what it drew."""

    def __init__(self, world: World, rays: RayMap) -> None:
        """Prepare to draw what is shown in ``world`` as seen along ``rays``."""
        self._world, self._rays = world, rays
        (left, top), (right, bottom) = rays.low.tolist(), rays.high.tolist()
        self._size = rays.lens.size[0] // _COARSER, rays.lens.size[1] // _COARSER
        width, height = self._size
        frustum = left * _NEAR, right * _NEAR, -bottom * _NEAR, -top * _NEAR
        projection = list(pybullet.computeProjectionMatrix(*frustum, _NEAR, _FAR))
        # The renderer looks through a pixel's left lower corner: half a pixel from its middle.
        projection[8] += 1.0 / width
        projection[9] += 1.0 / height
        self._projection = projection
        reach = rays.high - rays.low
        places = (rays.coarse - rays.low) / reach * np.array([width, height]) - 0.5
        self._columns, self._rows = cv2.split(places.astype(np.float32))

    def draw(
        self, T_base_camera: Matrix, light: tuple[float, float, float], background: Picture
    ) -> Canvas:
        """Return the arm before ``background``, lit from ``light``, a direction in the base."""
        width, height = self._size
        _, _, rgba, buffer, _ = pybullet.getCameraImage(
            width,
            height,
            _view(T_base_camera),
            self._projection,
            lightDirection=light,
            shadow=0,
            renderer=pybullet.ER_TINY_RENDERER,
            flags=pybullet.ER_NO_SEGMENTATION_MASK,
            physicsClientId=self._world.client,
        )
        colour = np.asarray(rgba, np.uint8).reshape(height, width, 4)
        nearness = np.asarray(buffer, np.float32).reshape(height, width)
        # The inverse of the perspective projection with the planes it was drawn with.
        depth = np.float32(_FAR * _NEAR) / (np.float32(_FAR) - np.float32(_FAR - _NEAR) * nearness)
        depth[nearness > _NOTHING] = np.inf
        depth = self._bent(depth, cv2.INTER_NEAREST)
        image = self._bent(cv2.cvtColor(colour, cv2.COLOR_RGBA2BGR), cv2.INTER_LINEAR)
        cv2.copyTo(background, np.isinf(depth).view(np.uint8), image)
        return Canvas(self._rays, image, depth)

    def _bent(self, drawn: NDArray[Any], interpolation: int) -> NDArray[Any]:
        bent: NDArray[Any] = cv2.remap(
            drawn, self._columns, self._rows, interpolation, borderMode=cv2.BORDER_REPLICATE
        )
        return bent


def _view(T_base_camera: Matrix) -> list[float]:
    """Return OpenGL's view matrix, column by column: y points up and -z forward there."""
    T_view_camera = np.diag([1.0, -1.0, -1.0, 1.0])
    view: list[float] = (T_view_camera @ np.linalg.inv(T_base_camera)).T.ravel().tolist()
    return view
