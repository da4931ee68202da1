"""Markers for the cubes and boards of emulated cells, made by OpenCV alone."""

import cv2
import numpy as np

from sim.cell_things import Props
from sim.quads import Quad
from sim.textured_scene import face_corners

DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
EDGE, TAG, SQUARE = 0.03, 0.022, 0.028  # [m]
COLUMNS, ROWS = 7, 5
BOARD = cv2.aruco.CharucoBoard((COLUMNS, ROWS), SQUARE, 0.021, DICTIONARY)


def cell_props() -> Props:
    block = [
        Quad(corners, _sticker(number))
        for number, corners in enumerate(face_corners(EDGE, 1.25 * TAG))
    ]
    wide, high = COLUMNS * SQUARE, ROWS * SQUARE
    picture = BOARD.generateImage((140 * COLUMNS, 140 * ROWS), marginSize=0)
    # OpenCV's board has its origin in the upper left corner and y down, so z is into the print.
    corners = np.array([[0, 0, 0], [wide, 0, 0], [wide, high, 0], [0, high, 0.0]])
    return Props(block, EDGE, [Quad(corners, np.asarray(picture, np.uint8))])


def _sticker(number: int) -> np.ndarray:
    marker = cv2.aruco.generateImageMarker(DICTIONARY, number, 160)
    return cv2.copyMakeBorder(marker, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=255)
