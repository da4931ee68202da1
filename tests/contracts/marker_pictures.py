"""Rendered pictures of tags and cubes for tests, through a lens with distortion."""

import cv2
import numpy as np

from benchmarks.marker_views import marker_cells
from benchmarks.rendered_markers import Panel, TrueLens, draw
from perception.camera import Frame
from perception.cube import CubeTarget
from perception.lens import Lens
from perception.rigid import rotation_of, transform
from perception.targets import TagTarget

SIZE = (640, 480)
MATRIX = np.array([[560.0, 0, 325], [0, 558, 236], [0, 0, 1]])
DISTORTION = np.array([-0.25, 0.06, 0.001, -0.001, 0.0])
LENS = Lens(MATRIX, DISTORTION, SIZE)
TAG = TagTarget(7, 0.030)
CUBE = CubeTarget()
FACING = rotation_of(np.array([np.pi, 0.0, 0.0]))  # z towards the camera, x to the right
RIM = 0.003


def at(x: float, y: float, z: float, *turn: float) -> np.ndarray:
    """Return ``T_camera_target`` of one that faces the camera, turned about its own axes."""
    lean = rotation_of(np.array(turn)) if turn else np.eye(3)
    return transform(FACING @ lean, np.array([x, y, z]))


def panels(target, T_camera_target) -> list[Panel]:
    cells = {number: marker_cells(number, target.dictionary) for number in target.faces}
    return [
        Panel(cells[number], target.tag, target.tag + 2 * RIM, T_camera_target @ T_target_face)
        for number, T_target_face in target.faces.items()
    ]


def picture(*things, blur=0.6, noise=1.5, seed=0) -> np.ndarray:
    """Return [480, 640] of pairs of a target and its pose, the farthest first."""
    light = np.full(SIZE[::-1], 120.0)
    lens = TrueLens(MATRIX, DISTORTION, SIZE)
    for target, pose in things:
        draw(light, panels(target, pose), lens, 25.0, 220.0)
    light = cv2.GaussianBlur(light, (0, 0), blur)
    light += np.random.default_rng(seed).normal(0.0, noise, light.shape)
    return np.clip(np.round(light), 0, 255).astype(np.uint8)


def frame(grey: np.ndarray, stamp: float = 0.0, number: int = 0) -> Frame:
    return Frame(cv2.cvtColor(np.ascontiguousarray(grey), cv2.COLOR_GRAY2BGR), stamp, number)
