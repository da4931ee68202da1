"""Pictures of marked cubes and boards as a camera with a real lens takes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.optics import Matrix, Optics, RayMap
from sim.photo import Exposure, Film
from sim.quads import Canvas, Picture, Quad

_AMBIENT = 0.55  # share of the light that comes from everywhere
_FAR = np.float32(np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class TexturedBody:
    """Quads that move as one; T_camera_body [4, 4] says where it is before the camera."""

    quads: Sequence[Quad]
    T_camera_body: Matrix


def render(
    rays: RayMap | Optics,
    bodies: Iterable[TexturedBody],
    exposure: Exposure | None = None,
    *,
    light: tuple[float, float, float] | None = None,
    background: int | Picture = 120,
    seed: int = 0,
) -> Picture:
    """Return the picture [height, width, 3] uint8, blue, green, red, of ``bodies``.

    rays: of the lens; one ``RayMap`` may serve many pictures. light: from where it comes, in the
    optical frame; None for the same on all faces. background: a grey, or a picture of the same
    size. seed: of the noise.
    """
    rays = rays if isinstance(rays, RayMap) else RayMap(rays)
    width, height = rays.lens.size
    image = np.empty((height, width, 3), np.uint8)
    image[...] = background
    canvas = Canvas(rays, image, np.full((height, width), _FAR, np.float32))
    draw_bodies(canvas, bodies, light)
    return Film(rays.lens.size, exposure or Exposure(), seed).expose(canvas.image)


def draw_bodies(
    canvas: Canvas,
    bodies: Iterable[TexturedBody],
    light: tuple[float, float, float] | None = None,
) -> None:
    """Draw ``bodies`` over what is in ``canvas``, the farthest first; see ``render``."""
    for body in sorted(bodies, key=lambda body: -float(body.T_camera_body[2, 3])):
        for quad in body.quads:
            canvas.draw(quad, body.T_camera_body, _shade(quad, body.T_camera_body, light))


def cube_faces(edge: float, colour: tuple[int, int, int]) -> list[Quad]:
    """Return the six plain faces of a cube of ``edge`` [m] around its body's origin."""
    picture = np.full((8, 8, 3), colour, np.uint8)
    return [Quad(corners, picture) for corners in face_corners(edge)]


def face_corners(edge: float, side: float | None = None) -> list[Matrix]:
    """Return the corners [4, 3] of a square on each face of a cube: +x, -x, +y, -y, +z, -z [m].

    edge: of the cube; side: of the square in the middle of the face, ``edge`` if None.
    """
    half, corner = edge / 2.0, (edge if side is None else side) / 2.0
    square = np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]]) * corner
    corners = []
    for normal, right in (("x", "y"), ("y", "x"), ("z", "x")):
        for sign in (1.0, -1.0):
            out = sign * np.eye(3)["xyz".index(normal)]
            along = np.eye(3)["xyz".index(right)]
            up = np.cross(out, along)
            corners.append(half * out + square[:, :1] * along + square[:, 1:] * up)
    return corners


def stuck_to(quad: Quad, outwards: float, scale: float = 1.0) -> Quad:
    """Return ``quad`` moved along its normal [m], and larger by ``scale`` about its middle."""
    middle = quad.corners.mean(axis=0)
    normal = np.cross(quad.corners[3] - quad.corners[0], quad.corners[1] - quad.corners[0])
    normal /= np.linalg.norm(normal)
    return Quad(middle + outwards * normal + scale * (quad.corners - middle), quad.picture)


def _shade(quad: Quad, T_camera_body: Matrix, light: tuple[float, float, float] | None) -> float:
    """Return the share of light on ``quad`` by Lambert's law."""
    if light is None:
        return 1.0
    corners = quad.corners @ T_camera_body[:3, :3].T
    normal = np.cross(corners[3] - corners[0], corners[1] - corners[0])
    towards = np.asarray(light) / np.linalg.norm(light)
    facing = float(normal @ towards) / float(np.linalg.norm(normal))
    return _AMBIENT + (1.0 - _AMBIENT) * max(0.0, facing)
