"""A ChArUco board: chessboard corners that markers in its white squares give names to."""

import json
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.camera import Picture
from perception.dictionaries import marker_dictionary
from perception.errors import MarkerError
from perception.lens import Matrix
from perception.sharpness import edge_width
from robot.errors import UnknownNameError

FEWEST = 6
"""Corners below which a homography with something to spare is no longer fixed."""


@dataclass(frozen=True, slots=True, eq=False)
class BoardView:
    """The corners of a board in one picture.

    ids: [n] of the corners, row by row from the board's upper left.
    pixels: [n, 2] where they are seen [px]; the middle of the first pixel is (0, 0).
    points: [n, 3] where they are on the board [m]: origin at its upper left, x to the right,
        y down, z into the paper.
    size: width and height of the picture [px].
    edge: from black to white across the board's edges [px]; NaN where too few could be measured.
    """

    ids: NDArray[np.int64]
    pixels: Matrix
    points: Matrix
    size: tuple[int, int]
    edge: float

    def only(self, wanted: NDArray[np.bool_]) -> "BoardView":
        """Return the view of the ``wanted`` [n] corners alone."""
        return replace(
            self, ids=self.ids[wanted], pixels=self.pixels[wanted], points=self.points[wanted]
        )


@dataclass(frozen=True, slots=True)
class Board:
    """What is printed: ``columns`` x ``rows`` squares, the upper left one black.

    dictionary: OpenCV's name of the markers' dictionary.
    square: side of a square [m], as measured on the print. marker: side of a marker [m].
    Raises MarkerError, or UnknownNameError for the dictionary.
    """

    dictionary: str
    columns: int
    rows: int
    square: float
    marker: float

    def __post_init__(self) -> None:
        sides = (self.square, self.marker)
        if not all(isfinite(side) and 0.001 <= side <= 1.0 for side in sides):
            raise MarkerError(f"a board's squares and markers are 1 to 1000 mm, not {sides} m")
        if not 0.4 <= self.marker / self.square <= 0.9:
            raise MarkerError(
                f"markers of {self.marker * 1e3:g} mm in squares of {self.square * 1e3:g} mm: "
                "0.4 to 0.9 of the square leave them readable and a white margin"
            )
        if not (3 <= self.columns <= 40 and 3 <= self.rows <= 40):
            raise MarkerError(f"{self.columns} x {self.rows} squares: give 3 to 40 each way")
        held = len(marker_dictionary(self.dictionary).bytesList)
        if self.markers > held:
            raise MarkerError(
                f"{self.columns} x {self.rows} squares need {self.markers} markers; "
                f"{self.dictionary} has {held}"
            )

    @property
    def markers(self) -> int:
        """Return how many markers it has: one in every white square."""
        return self.columns * self.rows // 2

    @property
    def corners(self) -> int:
        """Return how many inner corners it has."""
        return (self.columns - 1) * (self.rows - 1)

    @property
    def points(self) -> Matrix:
        """Return its inner corners [n, 3] in its own frame [m]."""
        return np.asarray(self.opencv().getChessboardCorners(), np.float64).reshape(-1, 3)

    def opencv(self) -> Any:
        """Return OpenCV's board of this geometry."""
        size, dictionary = (self.columns, self.rows), marker_dictionary(self.dictionary)
        return cv2.aruco.CharucoBoard(size, self.square, self.marker, dictionary)

    def measured(self, square: float) -> "Board":
        """Return the board as it came from the printer, with squares of ``square`` [m]."""
        return replace(self, square=square, marker=self.marker * square / self.square)

    def texture(self, pixels_per_square: int) -> Picture:
        """Return it as it looks, without margin: uint8 [rows * n, columns * n]."""
        size = (self.columns * pixels_per_square, self.rows * pixels_per_square)
        return np.asarray(self.opencv().generateImage(size, marginSize=0, borderBits=1), np.uint8)

    def detect(self, image: Picture) -> BoardView | None:
        """Return the corners seen in ``image`` (uint8, grey or BGR).

        None below six, or if all lie in one row or column: they fix no plane.
        """
        grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        pixels, ids, _, _ = _detector(self).detectBoard(grey)
        if ids is None or np.size(ids) < FEWEST:
            return None
        ids = np.asarray(ids, np.int64).ravel()
        if min(np.ptp(part) for part in np.divmod(ids, self.columns - 1)) == 0:
            return None
        seen = np.asarray(pixels, np.float64).reshape(-1, 2) - _shift()
        height, width = grey.shape
        edge = edge_width(grey, ids, seen, self.columns - 1, self.margin)
        return BoardView(ids, seen, self.points[ids], (width, height), edge)

    @property
    def margin(self) -> float:
        """Return the white around a marker, as a part of the square."""
        return 0.5 * (1.0 - self.marker / self.square)

    def to_json(self) -> dict[str, Any]:
        """Return what ``named_board`` reads from a file."""
        return asdict(self)

    def __str__(self) -> str:
        """Return its geometry in words."""
        return (
            f"{self.columns} x {self.rows} squares of {self.square * 1e3:g} mm, "
            f"markers of {self.marker * 1e3:g} mm, {self.dictionary}"
        )


BOARDS = {
    "a4": Board("DICT_5X5_100", 6, 8, 0.030, 0.021),
    "letter": Board("DICT_5X5_100", 6, 8, 0.030, 0.021),
}
"""By the paper that they fit onto."""


def named_board(name: str, square_mm: float | None = None) -> Board:
    """Return the board called ``name``, or described in the JSON file of that name.

    square_mm: the square's side as measured on the print [mm]; as drawn if None. Raises
    UnknownNameError, or MarkerError naming the file or the number and what is wrong with it.
    """
    board = BOARDS[name] if name in BOARDS else _read(name)
    if square_mm is None:
        return board
    drawn = board.square * 1e3
    if not 0.5 * drawn <= square_mm <= 2.0 * drawn:
        raise MarkerError(
            f"squares of {square_mm:g} mm, but {drawn:g} mm are drawn: measure one along the "
            "print's ruler, in millimetres"
        )
    return board.measured(square_mm * 1e-3)


def _read(name: str) -> Board:
    if not name.endswith(".json"):
        raise UnknownNameError("board", name, [*BOARDS, "FILE.json"])
    try:
        data = json.loads(Path(name).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise MarkerError(f"{name}: cannot be read as a board: {error}") from error
    return _board(name, data)


def _board(name: str, data: Any) -> Board:
    expected = [field.name for field in fields(Board)]
    if not isinstance(data, dict) or sorted(data) != sorted(expected):
        raise MarkerError(f"{name}: a board has exactly {', '.join(expected)}")
    kinds = {"dictionary": str, "columns": int, "rows": int}
    for field, value in data.items():
        kind = kinds.get(field, int | float)
        if isinstance(value, bool) or not isinstance(value, kind):
            raise MarkerError(f"{name}: {field} is {value!r}")
    return Board(**data)


@cache
def _detector(board: Board) -> Any:
    return cv2.aruco.CharucoDetector(board.opencv())


@cache
def _shift() -> float:
    """Return by how much this OpenCV sees all corners off [px]: 0.5 in 4.10, later nothing."""
    board, side = BOARDS["a4"], 40
    drawn = np.pad(board.texture(side), side, constant_values=255)
    pixels, ids, _, _ = _detector(board).detectBoard(drawn)
    true = side + board.points[np.ravel(ids), :2] / board.square * side - 0.5
    return round(2.0 * float(np.median(np.reshape(pixels, (-1, 2)) - true))) / 2.0
