"""Flat pictures in space, drawn exactly: every part of a pixel is followed back to the picture."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.errors import RobotError
from sim.optics import FINE, Matrix, RayMap, Rays

Picture = NDArray[np.uint8]
Depth = NDArray[np.float32]
Window = tuple[int, int, int, int]
"""Left, top, right, bottom of a part of a picture [px], the last two not in it."""

_MARGIN = 3  # [px] around the corners, for edges that the lens bends
_NEVER = np.float32(1e-6)  # [1/m] a ray that meets a plane so far away does not meet it
_THIN = np.float32(2e-4)  # [m] what is stuck on a face is not behind it
_ALONG = np.linspace(0.0, 1.0, 9)


@dataclass(frozen=True, slots=True, eq=False)
class Quad:
    """A picture on one side of a rectangle; nothing is seen from behind.

    corners: [4, 3] of the picture's top left, top right, bottom right and bottom left, in the
    frame of the body it is fixed to [m].
    picture: [height, width] grey or [height, width, 3] blue, green, red; uint8.
    fine: sampled in several parts of each pixel; not needed where there are no edges.
    """

    corners: Matrix
    picture: Picture
    fine: bool = True
    levels: tuple[Picture, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Raise RobotError unless it is a picture on a parallelogram."""
        corners = np.asarray(self.corners, dtype=np.float64)
        if corners.shape != (4, 3) or not np.isfinite(corners).all():
            raise RobotError(f"textured scene: corners of shape {corners.shape}, not 4 points")
        if np.abs(corners[0] + corners[2] - corners[1] - corners[3]).max() > 1e-6:
            raise RobotError("textured scene: the corners of a picture are no parallelogram")
        if self.picture.dtype != np.uint8 or self.picture.ndim not in (2, 3):
            raise RobotError("textured scene: a picture is uint8, grey or blue, green, red")
        object.__setattr__(self, "corners", corners)
        object.__setattr__(self, "levels", _pyramid(self.picture))


class Canvas:
    """What one camera sees of quads, and how far away it is.

    image: [height, width, 3] uint8. depth: [height, width] along the optical axis [m].
    """

    def __init__(self, rays: RayMap, image: Picture, depth: Depth) -> None:
        """Draw over ``image``, whatever is nearer than ``depth``."""
        self.image, self.depth = image, depth
        self._rays = rays

    def draw(self, quad: Quad, T_camera_body: Matrix, shade: float = 1.0) -> None:
        """Draw ``quad`` of a body; ``shade`` is the share of the light that it gets."""
        corners = quad.corners @ T_camera_body[:3, :3].T + T_camera_body[:3, 3]
        plane = np.stack([corners[1] - corners[0], corners[3] - corners[0], corners[0]], axis=1)
        if np.linalg.det(plane) <= 1e-12:
            return  # seen from behind
        # A ray meets the plane where plane @ (s, t, 1) is as long as the ray, z, makes it.
        to_picture = np.linalg.inv(plane)
        window, area = self._window(corners, to_picture)
        left, top, right, bottom = window
        if left >= right or top >= bottom:
            return
        colour, cover = self._sample(quad, to_picture, window, area)
        here = self._rays.coarse[top:bottom, left:right]
        nearness = here @ to_picture[2, :2].astype(np.float32) + np.float32(to_picture[2, 2])
        depth = 1.0 / np.maximum(nearness, _NEVER)
        behind = self.depth[top:bottom, left:right]
        cover[(depth > behind + _THIN) | (nearness <= _NEVER)] = 0.0
        behind[...] = np.where(cover > 0.5, depth, behind)
        self._blend(window, colour, cover, shade)

    def _window(self, corners: Matrix, to_picture: Matrix) -> tuple[Window, float]:
        """Return where the quad is in the picture, and its area there [px²]."""
        ends = np.roll(corners, -1, axis=0)
        outline = corners[:, None] + (ends - corners)[:, None] * _ALONG[:, None]
        width, height = self._rays.lens.size
        if not self._rays.sees(outline.reshape(-1, 3)):
            _, _, inside = _picture_places(self._rays.coarse, to_picture)
            left, top, across, down = cv2.boundingRect(inside)
            part = max(0, left - 1), max(0, top - 1), left + across + 1, top + down + 1
            return (*part[:2], min(width, part[2]), min(height, part[3])), float(inside.sum() / 255)
        pixels = self._rays.project(outline.reshape(-1, 3))
        low, high = pixels.min(axis=0) - _MARGIN, pixels.max(axis=0) + _MARGIN
        left, top = (max(0, int(value)) for value in low)
        right, bottom = (min(n, int(v)) for n, v in zip((width, height), high, strict=True))
        area = cv2.contourArea(pixels.astype(np.float32))
        return (left, top, right, bottom), max(1.0, float(area))

    def _sample(
        self, quad: Quad, to_picture: Matrix, window: Window, area: float
    ) -> tuple[Picture, Depth]:
        """Return the colour of each pixel of ``window`` and how much of it the quad covers."""
        left, top, right, bottom = window
        parts = FINE if quad.fine else 1
        rays = self._rays.fine if quad.fine else self._rays.coarse
        rays = rays[parts * top : parts * bottom, parts * left : parts * right]
        along, down, inside = _picture_places(rays, to_picture)
        picture = _level(quad.levels, parts * parts * area)
        rows, columns = picture.shape[:2]
        colour = cv2.remap(
            picture,
            along * columns - 0.5,
            down * rows - 0.5,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        size = right - left, bottom - top
        if parts > 1:
            colour = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
            inside = cv2.resize(inside, size, interpolation=cv2.INTER_AREA)
        if colour.ndim == 2:
            colour = cv2.cvtColor(colour, cv2.COLOR_GRAY2BGR)
        return colour, inside * np.float32(1.0 / 255.0)

    def _blend(self, window: Window, colour: Picture, cover: Depth, shade: float) -> None:
        left, top, right, bottom = window
        under = self.image[top:bottom, left:right]
        if shade != 1.0:
            colour = cv2.convertScaleAbs(colour, alpha=shade)
        under[...] = cv2.blendLinear(colour, np.ascontiguousarray(under), cover, 1.0 - cover)


def _picture_places(rays: Rays, to_picture: Matrix) -> tuple[Depth, Depth, Picture]:
    """Return how far along and down the picture each ray meets it, and 255 where it does."""
    along, down, nearness = cv2.split(cv2.transform(rays, to_picture.astype(np.float32)))
    np.maximum(nearness, _NEVER, out=nearness)  # what is behind the camera is hidden by its depth
    along, down = cv2.divide(along, nearness), cv2.divide(down, nearness)
    inside = cv2.inRange(cv2.merge((along, down)), (0.0, 0.0), (1.0, 1.0))
    return along, down, inside


def _pyramid(picture: Picture) -> tuple[Picture, ...]:
    """Return ``picture`` and its halves down to a few pixels, so that none is seen too finely."""
    levels = [np.ascontiguousarray(picture)]
    while min(levels[-1].shape[:2]) >= 8:
        rows, columns = levels[-1].shape[:2]
        half = (columns + 1) // 2, (rows + 1) // 2
        levels.append(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA))
    return tuple(levels)


def _level(levels: tuple[Picture, ...], samples: float) -> Picture:
    """Return the level with about one pixel a sample, the finer one if there is none."""
    for level in reversed(levels):
        if level.shape[0] * level.shape[1] >= samples:
            return level
    return levels[0]
