"""A depth camera on a link of the arm, rendered by PyBullet."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from robot.errors import RobotError
from robot.kinematics import Matrix
from sim.bullet import pybullet
from sim.world import World

Depth = NDArray[np.float32]
Position = tuple[float, float, float]
Rotation = tuple[float, ...]

_NEAR, _FAR = 0.01, 2.0  # [m] planes of the renderer, the same for drawing and for reading back
_SIZES, _FIELDS = (8, 256), (20.0, 130.0)


def check_size(size: int) -> None:
    """Raise RobotError unless pictures may be ``size`` [px] wide and high."""
    if not isinstance(size, int):
        raise RobotError(f"camera: image size {size!r} px is not a whole number")
    _check_within("image size", size, _SIZES, "px")


@dataclass(frozen=True, slots=True)
class Lens:
    """A square picture of ``size`` [px] with ``fov_degrees`` from edge to edge.

    Or of a window in such a picture, as many pixels of a ``zoom`` times as fine one: ``middle`` is
    where its middle is, right and down from that of the whole, in halves of the whole's edge.
    """

    size: int
    fov_degrees: float
    zoom: float = 1.0
    middle: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Raise RobotError for a size or a field of view that does not work."""
        check_size(self.size)
        _check_within("field of view", self.fov_degrees, _FIELDS, "deg")


@dataclass(frozen=True, slots=True)
class Misalignment:
    """How a camera is mounted otherwise than planned.

    position [m] and turns [rad] are along and about the axes of the planned optical frame:
    x right (pitch), y down (yaw), z forward (roll). fov_degrees: more than the lens's.
    """

    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    roll: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    fov_degrees: float = 0.0


class DepthCamera:
    """Looks along z of an optical frame (x right, y down) that is fixed to a link of a body."""

    def __init__(self, world: World, body: int, link: int, lens: Lens) -> None:
        """Mount it on PyBullet's ``link`` of ``body``, whose frame is the optical one."""
        self.lens = lens
        self._world, self._body, self._link = world, body, link
        self.misalign(Misalignment())

    def misalign(self, by: Misalignment) -> None:
        """Mount it anew. Raises RobotError if no such camera works."""
        lens = replace(self.lens, fov_degrees=self.lens.fov_degrees + by.fov_degrees)
        turn = pybullet.getQuaternionFromEuler((by.pitch, by.yaw, by.roll))
        self._mount = by.position, turn
        projection = pybullet.computeProjectionMatrixFOV(lens.fov_degrees, 1.0, _NEAR, _FAR)
        # The renderer looks through a pixel's left lower corner: half a pixel from its middle.
        half, (x, y), zoom = 1.0 / lens.size, lens.middle, lens.zoom
        self._projection = [*projection[:8], zoom * x + half, half - zoom * y, *projection[10:]]
        for scale in (0, 5):
            self._projection[scale] *= zoom
        across = ((np.arange(lens.size) + 0.5) * 2 / lens.size - 1) / zoom
        self._right = ((across + x) / projection[0]).astype(np.float32)
        self._down = ((across + y) / projection[0]).astype(np.float32)[:, None]

    def T_base_camera(self) -> Matrix:  # noqa: N802  frames in the names of transforms
        """Return where the optical frame is, [4, 4]."""
        pose: Matrix = np.eye(4)
        position, turn = self._pose()
        pose[:3, :3] = np.reshape(turn, (3, 3))
        pose[:3, 3] = position
        return pose

    def depth(self) -> Depth:
        """Return the distance along the optical axis [m] at each pixel, [size, size] float32.

        Where nothing is, it is the far plane, 2 m. Row 0 is the top of the picture.
        """
        size, world, (position, turn) = self.lens.size, self._world, self._pose()
        # To shade the table would take twice as long as everything else in the picture.
        world.show_table(False)
        buffer = pybullet.getCameraImage(
            size,
            size,
            _view(position, turn),
            self._projection,
            shadow=0,
            renderer=pybullet.ER_TINY_RENDERER,
            flags=pybullet.ER_NO_SEGMENTATION_MASK,
            physicsClientId=world.client,
        )[3]
        world.show_table(True)
        depth: Depth = np.asarray(buffer, np.float32).reshape(size, size)
        # The inverse of the perspective projection with the planes it was drawn with.
        depth = np.float32(_FAR * _NEAR) / (np.float32(_FAR) - np.float32(_FAR - _NEAR) * depth)
        if world.tabletop is None:
            return depth
        top = world.tabletop.depth(position, turn, self._right, self._down, beyond=_FAR)
        return np.minimum(depth, top)

    def pixel(self, point: tuple[float, float, float]) -> tuple[float, float, float]:
        """Return column and row [px] and depth [m] of a ``point`` in the base frame [m].

        Pixel centres are at whole numbers and a half.
        """
        x, y, z, _ = np.linalg.solve(self.T_base_camera(), [*point, 1.0])
        half, focal, zoom = self.lens.size / 2, self._projection[0], self.lens.zoom
        right, down = (
            float(half * (1 + focal * way / z - zoom * middle))
            for way, middle in zip((x, y), self.lens.middle, strict=True)
        )
        return right, down, float(z)

    def _pose(self) -> tuple[Position, Rotation]:
        """Return position [m] and rotation, row by row, of the optical frame in the base frame."""
        link = pybullet.getLinkState(
            self._body, self._link, computeForwardKinematics=1, physicsClientId=self._world.client
        )
        position, turn = pybullet.multiplyTransforms(link[4], link[5], *self._mount)
        return position, pybullet.getMatrixFromQuaternion(turn)


def _view(position: Position, turn: Rotation) -> list[float]:
    """Return OpenGL's view matrix, column by column: y points up and -z forward there."""
    (x, y, z), (a, b, c, d, e, f, g, h, i) = position, turn
    # The rows of its rotation are the camera's right, up and backward axes.
    return [
        *(a, -b, -c, 0.0),
        *(d, -e, -f, 0.0),
        *(g, -h, -i, 0.0),
        *(-a * x - d * y - g * z, b * x + e * y + h * z, c * x + f * y + i * z, 1.0),
    ]


def _check_within(name: str, value: float, bounds: tuple[float, float], unit: str) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise RobotError(f"camera: {name} {value} {unit} is outside {low} to {high} {unit}")
