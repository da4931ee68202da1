"""Pictures of the board through lenses that are known exactly, for measuring calibrations."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from perception.board import Board
from perception.camera import Picture
from perception.lens import Lens, Matrix
from sim.optics import RayMap
from sim.photo import Exposure
from sim.quads import Quad
from sim.textured_scene import TexturedBody, render

SIZE = (640, 480)
_PIXELS = 120  # of the board's texture a square
_QUALITY = 85  # of the JPEG


@dataclass(frozen=True, slots=True)
class Shoot:
    """Board and lens, and how pictures are taken of them; angles in degrees."""

    board: Board
    lens: Lens
    seed: int

    def pictures(self, count: int) -> Iterator[Picture]:
        """Yield ``count`` pictures as a person would take them: all over, and leaning."""
        random = np.random.default_rng((self.seed, 1))
        exposure = Exposure(
            brightness=random.uniform(0.7, 1.1),
            gradient=random.uniform(-0.2, 0.2),
            blur=random.uniform(0.4, 1.0),
            noise=random.uniform(1.0, 5.0),
        )
        rays = RayMap(self.lens)
        for number in range(count):
            sheet = TexturedBody([_quad(self.board)], self._pose(number, random))
            image = render(rays, [sheet], exposure, seed=1000 * self.seed + number)
            _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
            yield np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    def _pose(self, number: int, random: np.random.Generator) -> Matrix:
        """Return T_camera_board [4, 4], its middle in one of nine parts of the picture."""
        near = float(self.lens.matrix[0, 0]) / SIZE[0]
        z = near * random.uniform(0.32, 0.55)
        part = np.array([number % 3 - 1, number // 3 % 3 - 1]) + random.normal(0.0, 0.1, 2)
        aside = part * [0.26, 0.17] / near * z
        lean = random.choice((-1.0, 1.0), 2) * random.uniform(10, 40, 2)
        turn = random.choice((0.0, 90.0)) + random.uniform(-15, 15)
        T_camera_board = np.eye(4)
        T_camera_board[:3, :3] = _turned(0, lean[0]) @ _turned(1, lean[1]) @ _turned(2, turn)
        middle = np.array([self.board.columns, self.board.rows, 0.0]) * self.board.square / 2
        T_camera_board[:3, 3] = [*aside, z] - T_camera_board[:3, :3] @ middle
        return T_camera_board


def drawn_lens(seed: int) -> Lens:
    """Return one of the lenses that such cameras have: 50 to 90 deg wide, bent, off centre."""
    random = np.random.default_rng((seed, 2))
    wide = random.uniform(50, 90)
    focal = SIZE[0] / 2 / np.tan(np.radians(wide) / 2)
    k1 = random.uniform(-0.35, 0.05) if wide < 75 else random.uniform(-0.2, 0.02)
    cx, cy = np.array(SIZE) / 2 + random.normal(0.0, 8.0, 2)
    matrix = np.array([[focal, 0, cx], [0, focal * random.uniform(0.99, 1.01), cy], [0, 0, 1]])
    p1, p2 = random.normal(0.0, 0.001, 2)
    return Lens(matrix, np.array([k1, -0.3 * k1, p1, p2, 0.0]), SIZE)


def _quad(board: Board) -> Quad:
    wide, high = board.columns * board.square, board.rows * board.square
    corners = np.array([[0, 0, 0], [wide, 0, 0], [wide, high, 0], [0, high, 0]], np.float64)
    return Quad(corners, board.texture(_PIXELS))


def _turned(axis: int, degrees: float) -> Matrix:
    vector = np.zeros(3)
    vector[axis] = np.radians(degrees)
    return np.asarray(cv2.Rodrigues(vector)[0], np.float64)
