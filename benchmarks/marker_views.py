"""Pictures of one tag at random places, taken by the cameras of random cells."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.rendered_markers import Bits, Matrix, Panel, TrueLens, draw
from perception.dictionaries import marker_dictionary
from sim.cell_truth import SIZE, CellTruth, draw_cell

DICTIONARY, IDS = "DICT_4X4_50", 50
TAG, RIM = 0.030, 0.003  # black square, and the white around it [m]
NEAR, FAR = 0.3, 0.5  # of the tag's middle from the camera [m]
TILT = np.radians(60.0)  # from facing the camera, at most
_MARGIN = 3.0  # of the whole print from the picture's edge [px]
_BLACK, _WHITE = (15.0, 45.0), (190.0, 240.0)  # print, before the cell's brightness [levels]
_SHADE = (0.55, 1.0)  # light on the print, by how it is turned to the lamp
_CLUTTER = 12  # shapes in the background


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture [height, width, 3] of marker ``id`` at ``pose``, ``T_camera_tag``."""

    image: NDArray[np.uint8]
    id: int
    pose: Matrix
    lens: TrueLens


def views(count: int, seed: int) -> Iterator[View]:
    """Yield ``count`` views, each with lens, blur, noise, light and JPEG of a cell of its own."""
    for number in range(count):
        random = np.random.default_rng((seed, number))
        cell = draw_cell(int(random.integers(2**31)))
        lens = _true_lens(cell)
        pose, marker = _pose(lens, random), int(random.integers(IDS))
        yield View(_photograph(cell, lens, pose, marker, random), marker, pose, lens)


def marker_cells(marker: int, dictionary: str = DICTIONARY) -> Bits:
    """Return the cells of a marker with its black border, 1 where white."""
    codes = marker_dictionary(dictionary)
    size = codes.markerSize + 2
    cells: Bits = (codes.generateImageMarker(marker, size) > 0).astype(np.uint8)
    return cells


def _true_lens(cell: CellTruth) -> TrueLens:
    lens = cell.lens("fixed")
    return TrueLens(lens.matrix, lens.distortion, lens.size)


def _pose(lens: TrueLens, random: np.random.Generator) -> Matrix:
    """Draw a pose at which the whole print is in the picture."""
    half = TAG / 2 + RIM
    corners = np.array([[x, y, 0] for x in (-half, half) for y in (-half, half)])
    while True:
        pixel = random.uniform((0.0, 0.0), lens.size)
        ray = np.append(lens.rays(pixel), 1.0)
        ray /= np.linalg.norm(ray)
        pose = np.eye(4)
        pose[:3, :3] = _turn(-ray, random)
        pose[:3, 3] = ray * random.uniform(NEAR, FAR)
        seen = lens.pixels(corners @ pose[:3, :3].T + pose[:3, 3])
        if (seen > _MARGIN).all() and (seen < np.array(lens.size) - _MARGIN).all():
            return pose


def _turn(towards: Matrix, random: np.random.Generator) -> Matrix:
    """Draw a rotation whose z axis is tilted away from ``towards``, up to TILT."""
    azimuth, roll = random.uniform(0.0, 2 * np.pi, 2)
    tilt = random.uniform(0.0, TILT)
    right = np.cross((0.0, 1.0, 0.0), towards)
    right /= np.linalg.norm(right)
    facing = np.stack([right, np.cross(towards, right), towards], axis=1)
    lean = np.array([np.cos(azimuth), np.sin(azimuth), 0.0]) * tilt
    turn: Matrix = facing @ cv2.Rodrigues(lean)[0] @ cv2.Rodrigues(np.array([0.0, 0.0, roll]))[0]
    return turn


def _photograph(
    cell: CellTruth, lens: TrueLens, pose: Matrix, marker: int, random: np.random.Generator
) -> NDArray[np.uint8]:
    black, white = (
        random.uniform(*range_) * random.uniform(*_SHADE) for range_ in (_BLACK, _WHITE)
    )
    light = _background(random)
    draw(light, [Panel(marker_cells(marker), TAG, TAG + 2 * RIM, pose)], lens, black, white)
    light *= cell.brightness * (1 + cell.gradient * np.linspace(-1, 1, lens.size[0]))
    light = cv2.GaussianBlur(np.minimum(light, 255.0), (0, 0), cell.blur)
    light += random.normal(0.0, cell.noise, light.shape)
    grey = np.clip(np.round(light), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, cell.quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _background(random: np.random.Generator) -> Matrix:
    """Draw a table with cloudy light and things on it, [height, width]."""
    clouds = random.uniform(40.0, 200.0, (9, 12))
    table: Matrix = cv2.resize(clouds, SIZE, interpolation=cv2.INTER_CUBIC)
    for _ in range(_CLUTTER):
        outline = random.uniform((0.0, 0.0), SIZE) + random.normal(0.0, 60.0, (4, 2))
        cv2.fillConvexPoly(
            table, cv2.convexHull(outline.astype(np.int32)), random.uniform(20.0, 230.0)
        )
    return table
