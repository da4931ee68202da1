"""A board laid out on a sheet of paper, with rulers that tell the scale of the print."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.board import Board
from perception.dictionaries import marker_dictionary
from perception.errors import MarkerError
from perception.lens import Matrix
from robot.errors import UnknownNameError

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4), "a3": (297.0, 420.0)}
"""Width and height [mm]."""
RULER = 150
"""Length of both rulers [mm]; of steel rulers, the shorter ones still reach."""
SIDE, TOP, BOTTOM = 14.0, 11.0, 26.0
"""[mm] White around the board, which holds the rulers; INK from the edge on printers print."""
INK = 6.0
TICK = 0.2
LETTERS = 2.8


@dataclass(frozen=True, slots=True)
class Text:
    """Words whose first letter stands at x, y; ``height`` of the font; all [mm]."""

    x: float
    y: float
    height: float
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What is printed, in millimetres from the upper left of the paper, y down.

    width, height: of the paper. black: [n, 4] x, y, width, height of rectangles. origin: upper
    left of the board.
    """

    title: str
    width: float
    height: float
    black: Matrix
    texts: tuple[Text, ...]
    origin: tuple[float, float]


def board_sheet(board: Board, name: str, paper: str) -> Sheet:
    """Return ``board``, called ``name``, on ``paper`` with its rulers.

    Raises UnknownNameError listing the papers, or MarkerError if it does not fit.
    """
    if paper not in PAPERS:
        raise UnknownNameError("paper", paper, PAPERS)
    width, height = PAPERS[paper]
    wide, high = board.columns * board.square * 1e3, board.rows * board.square * 1e3
    if wide > width - 2 * SIDE or high > height - TOP - BOTTOM:
        raise MarkerError(
            f"a board of {wide:g} x {high:g} mm does not fit onto {paper}, which holds "
            f"{width - 2 * SIDE:g} x {height - TOP - BOTTOM:g} mm: choose smaller squares or "
            f"another paper ({', '.join(PAPERS)})"
        )
    # Whole millimetres, so that every edge of the shipped boards lies on a pixel of the PNG.
    origin = (float((width - wide) // 2), float(TOP))
    below = origin[1] + high + 4.0
    black = np.concatenate(
        (
            _moved(board_rectangles(board) * 1e3, *origin),
            _moved(_ticks(), origin[0], below),
            _moved(_ticks()[:, [1, 0, 3, 2]], INK, origin[1]),
        )
    )
    title = f"twinarm board {name}: {board}"
    texts = (Text(origin[0], TOP - 3.0, LETTERS, title), *_words(board, origin[0], below))
    return Sheet(title, width, height, black, texts, origin)


def board_rectangles(board: Board) -> Matrix:
    """Return all that is black [n, 4]: x, y, width, height [m] from the board's upper left."""
    row, column = np.nonzero(np.indices((board.rows, board.columns)).sum(axis=0) % 2 == 0)
    squares = np.column_stack((column, row, np.ones((len(row), 2)))) * board.square
    markers = [
        _moved(_cells(board, int(number)), *np.asarray(corners, np.float64)[0, :2])
        for number, corners in zip(
            np.ravel(board.opencv().getIds()), board.opencv().getObjPoints(), strict=True
        )
    ]
    return np.concatenate((squares, *markers))


def _cells(board: Board, number: int) -> Matrix:
    """Return the black runs [n, 4] of a marker's rows [m], from its upper left."""
    dictionary = marker_dictionary(board.dictionary)
    across = dictionary.markerSize + 2
    bits: NDArray[np.uint8] = cv2.aruco.generateImageMarker(dictionary, number, across)
    padded = np.pad(np.equal(bits, 0), ((0, 0), (1, 1))).astype(np.int8)
    row, start = np.nonzero(np.diff(padded) == 1)
    _, end = np.nonzero(np.diff(padded) == -1)
    runs = np.column_stack((start, row, end - start, np.ones(len(row))))
    cells: Matrix = runs * (board.marker / across)
    return cells


def _moved(rectangles: Matrix, x: float, y: float) -> Matrix:
    moved: Matrix = rectangles + np.array([x, y, 0.0, 0.0])
    return moved


def _ticks() -> Matrix:
    """Return a ruler to the right of the origin [n, 4]: ticks in their middle at the millimetre."""
    at = np.arange(RULER + 1.0)
    length = np.select([at % 10 == 0, at % 5 == 0], [4.0, 3.0], 2.0)
    ticks = np.column_stack((at - TICK / 2, np.zeros_like(at), np.full_like(at, TICK), length))
    return np.concatenate((ticks, [[-TICK / 2, 0.0, RULER + TICK, TICK]]))


def _words(board: Board, left: float, below: float) -> tuple[Text, ...]:
    square = board.square * 1e3
    short = 0.97 * RULER
    lines = (
        f'Print at 100 % ("actual size"). Then measure: from 0 to {RULER} both rulers must have '
        f"{RULER} mm.",
        f"If it is {short:g} mm, say: --square-mm {0.97 * square:g} (= {square:g} x {short:g} / "
        f"{RULER}). If the two rulers differ: print again.",
        "Fix the sheet flat onto glass or board, and leave its white edge.",
    )
    numbers = [
        Text(left + at - 0.8 * len(str(at)), below + 6.6, LETTERS, str(at))
        for at in range(0, RULER + 1, 50)
    ]
    return (
        *numbers,
        *(Text(left, below + 10.4 + 3.5 * i, LETTERS, line) for i, line in enumerate(lines)),
    )
