"""Rendered marks are where the lens says they are, to a fraction of a pixel."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from robot.errors import RobotError
from sim.optics import RayMap
from sim.photo import Exposure, Film, jpeg
from sim.quads import Quad
from sim.textured_scene import TexturedBody, cube_faces, face_corners, render, stuck_to

DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
MARKER, WITH_MARGIN, EDGE = 0.03, 0.0375, 0.045  # [m]
WHITE, BLACK = 250, 10


@dataclass(frozen=True, eq=False)
class Lens:
    matrix: np.ndarray = field(
        default_factory=lambda: np.array([[600.0, 0, 322], [0, 601, 238], [0, 0, 1]])
    )
    distortion: np.ndarray = field(
        default_factory=lambda: np.array([-0.25, 0.06, 0.001, -0.0008, 0.0])
    )
    size: tuple[int, int] = (640, 480)


@pytest.fixture(scope="module")
def rays() -> RayMap:
    return RayMap(Lens())


def facing(x: float, y: float, z: float, turn: tuple[float, float, float]) -> np.ndarray:
    """A body whose z axis points to the camera, but for ``turn`` [rad]."""
    T = np.eye(4)
    T[:3, :3] = np.diag([1.0, -1.0, -1.0]) @ cv2.Rodrigues(np.array(turn, float))[0]
    T[:3, 3] = x, y, z
    return T


def marker(number: int) -> np.ndarray:
    picture = cv2.aruco.generateImageMarker(DICTIONARY, number, 240)
    return cv2.copyMakeBorder(picture, 30, 30, 30, 30, cv2.BORDER_CONSTANT, value=255)


def marked_cube() -> list[Quad]:
    stickers = [
        Quad(corners, marker(number))
        for number, corners in enumerate(face_corners(EDGE, WITH_MARGIN))
    ]
    return [*cube_faces(EDGE, (180, 210, 225)), *stickers]


def test_rays_are_the_inverse_of_projection(rays: RayMap) -> None:
    points = np.concatenate([rays.coarse, np.ones((480, 640, 1))], axis=-1).reshape(-1, 3)
    columns, rows = np.meshgrid(np.arange(640), np.arange(480))
    pixels = rays.project(points).reshape(480, 640, 2)
    assert np.abs(pixels - np.stack([columns, rows], axis=-1)).max() < 1e-3


@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0), (0.5, -0.4, 1.0), (-0.3, 0.6, -2.0)])
def test_a_printed_square_covers_the_pixels_that_the_lens_projects_it_to(
    rays: RayMap, turn: tuple[float, float, float]
) -> None:
    corners = face_corners(0.0, 0.04)[4]
    T = facing(0.06, -0.05, 0.35, turn)
    picture = np.full((96, 96), WHITE, np.uint8)
    picture[16:-16, 16:-16] = BLACK
    quad = Quad(face_corners(0.0, 0.06)[4], picture)
    image = render(rays, [TexturedBody([quad], T)], background=WHITE)
    dark = (WHITE - image[:, :, 0].astype(float)) / (WHITE - BLACK)
    outline = _outline(corners) @ T[:3, :3].T + T[:3, 3]
    expected = cv2.moments(rays.project(outline).astype(np.float32))
    columns, rows = np.meshgrid(np.arange(640), np.arange(480))
    assert dark.sum() == pytest.approx(expected["m00"], rel=2e-3)
    assert (dark * columns).sum() / dark.sum() == pytest.approx(
        expected["m10"] / expected["m00"], abs=0.03
    )
    assert (dark * rows).sum() / dark.sum() == pytest.approx(
        expected["m01"] / expected["m00"], abs=0.03
    )


def _outline(corners: np.ndarray) -> np.ndarray:
    along = np.linspace(0.0, 1.0, 30, endpoint=False)[:, None]
    sides = zip(corners, np.roll(corners, -1, axis=0), strict=True)
    return np.concatenate([one + along * (other - one) for one, other in sides])


def test_every_face_of_a_cube_shows_its_marker_upright(rays: RayMap) -> None:
    quads, corners = marked_cube(), face_corners(EDGE, MARKER)
    detector = cv2.aruco.ArucoDetector(DICTIONARY)
    seen = set()
    for turn in [(0, 0, 0.3), (1.3, 0, 0), (-1.3, 0, 0), (0, 1.3, 0), (0, -1.3, 0), (3.0, 0, 0)]:
        T = facing(0.02, 0.03, 0.3, turn)
        image = render(rays, [TexturedBody(quads, T)], Exposure(blur=0.4), light=(0.2, -0.5, -1.0))
        found, numbers, _ = detector.detectMarkers(image)
        for found_corners, number in zip(found, np.ravel(numbers), strict=True):
            expected = rays.project(corners[number] @ T[:3, :3].T + T[:3, 3])
            assert np.abs(found_corners[0] - expected).max() < 1.5
            seen.add(int(number))
    assert seen == set(range(6))


def test_what_is_nearer_hides_what_is_behind_it(rays: RayMap) -> None:
    T_far, T_near = facing(0, 0, 0.5, (0, 0, 0)), facing(0, 0, 0.4, (0, 0, 0))
    dark = [Quad(face_corners(0.0, 0.03)[4], np.full((8, 8), BLACK, np.uint8))]
    bright = [Quad(face_corners(0.0, 0.05)[4], np.full((8, 8), WHITE, np.uint8))]
    for bodies in (
        [TexturedBody(dark, T_far), TexturedBody(bright, T_near)],
        [TexturedBody(bright, T_near), TexturedBody(dark, T_far)],
    ):
        assert render(rays, bodies)[238, 322, 0] == WHITE


def test_nothing_is_seen_from_behind(rays: RayMap) -> None:
    dark = Quad(face_corners(0.0, 0.05)[4], np.full((8, 8), BLACK, np.uint8))
    behind = facing(0, 0, 0.4, (np.pi, 0, 0))
    assert (render(rays, [TexturedBody([dark], behind)], background=WHITE) == WHITE).all()


def test_a_plane_that_reaches_behind_the_camera_fills_the_picture(rays: RayMap) -> None:
    floor = Quad(face_corners(0.0, 8.0)[4], np.full((8, 8), BLACK, np.uint8))
    image = render(rays, [TexturedBody([floor], facing(0, 0.3, 0.3, (-1.0, 0, 0)))])
    assert (image[300:] == BLACK).all()


def test_stickers_keep_their_size_on_a_larger_cube() -> None:
    sticker = stuck_to(Quad(face_corners(0.03, 0.02)[4], marker(0)), outwards=0.001, scale=1.01)
    assert sticker.corners[:, 2] == pytest.approx(0.016)
    assert np.ptp(sticker.corners[:, 0]) == pytest.approx(0.0202)


def test_exposure_brightens_blurs_and_is_noisy_as_told() -> None:
    flat = np.full((100, 100, 3), 100, np.uint8)
    assert Film((100, 100), Exposure(brightness=1.5)).expose(flat).mean() == pytest.approx(150)
    assert Film((100, 100), Exposure(noise=4.0)).expose(flat).std() == pytest.approx(4.0, abs=0.2)
    film = Film((100, 100), Exposure(gradient=0.2))
    assert film.expose(flat)[0, 0, 0] == 80 and film.expose(flat)[0, -1, 0] == 120


def test_a_jpeg_decodes_to_the_picture(rays: RayMap) -> None:
    image = render(rays, [TexturedBody(marked_cube(), facing(0, 0, 0.3, (0.3, 0.4, 0)))])
    decoded = cv2.imdecode(np.frombuffer(jpeg(image, 95), np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(decoded.astype(int) - image).mean() < 2.0


@pytest.mark.parametrize(
    ("corners", "picture", "said"),
    [
        (np.zeros((3, 3)), np.zeros((8, 8), np.uint8), "4 points"),
        (
            np.array([[0, 0, 0], [1, 0, 0], [2, 1, 0], [0, 1, 0.0]]),
            np.zeros((8, 8), np.uint8),
            "no",
        ),
        (face_corners(1.0)[0], np.zeros((8, 8)), "uint8"),
    ],
)
def test_what_is_no_textured_rectangle_is_refused(
    corners: np.ndarray, picture: np.ndarray, said: str
) -> None:
    with pytest.raises(RobotError, match=said):
        Quad(corners, picture)
