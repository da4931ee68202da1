"""Which views of a board a calibration still lacks, and which ones it does not want."""

import cv2
import numpy as np

from perception.board import BoardView
from perception.lens import Matrix
from perception.picture_faults import widest_edge

CORNERS = 10
"""Fewer tell little more than the pose of the board itself."""
ALIKE = 0.01
"""Mean move of the corners, as part of the picture's width, below which nothing new is seen."""
LEAN = 15.0
"""[deg] From facing the camera, from where on a view tells the focal length."""
LEANING_VIEWS = 2
CORNERS_IN_PLACE = 4
NEAR = 0.15
"""Of the picture, inside the corners of at least one view."""

ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "middle", "right")
LEANS = {
    "to the left": (-1, 0),
    "to the right": (1, 0),
    "upwards": (0, -1),
    "downwards": (0, 1),
}


class Coverage:
    """The views of a board kept so far, in pictures of ``size`` [px], and what they lack."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.views: list[BoardView] = []
        self._corners = np.zeros((3, 3), np.int64)
        self._leans = dict.fromkeys(LEANS, 0)
        self._largest = 0.0

    def refusal(self, view: BoardView) -> str | None:
        """Return why ``view`` would not help, and the mend; None if it does."""
        if view.size != self.size:
            return (
                f"the picture is {_by(view.size)}, those before are {_by(self.size)}: "
                "a calibration is of one size"
            )
        if len(view.ids) < CORNERS:
            return f"only {len(view.ids)} corners, {CORNERS} are needed: show more of the board"
        if view.edge > widest_edge(self.size[0]):
            return (
                f"blurred, from black to white it takes {view.edge:.1f} px: "
                "hold the board still, give more light, or focus"
            )
        for number, other in enumerate(self.views, start=1):
            if _move(view, other) < ALIKE * self.size[0]:
                return f"the same as view {number}: move or turn the board"
        return None

    def add(self, view: BoardView) -> None:
        """Keep ``view``."""
        self.views.append(view)
        column, row = (np.clip(view.pixels / self.size, 0.0, 0.999) * 3).astype(int).T
        np.add.at(self._corners, (row, column), 1)
        left, up = _facing(view)
        for name, (x, y) in LEANS.items():
            self._leans[name] += left * -x + up * -y > np.sin(np.radians(LEAN))
        hull = cv2.contourArea(cv2.convexHull(view.pixels.astype(np.float32)))
        self._largest = max(self._largest, hull / (self.size[0] * self.size[1]))

    @property
    def missing(self) -> tuple[str, ...]:
        """Return what is still to be shown, in words; empty when nothing is."""
        lacking = [*map(_place, *np.nonzero(self._corners < CORNERS_IN_PLACE))]
        lacking += [
            f"the board turned to face {name} by 20 to 40 deg"
            for name, count in self._leans.items()
            if count < LEANING_VIEWS
        ]
        if self._largest < NEAR:
            lacking.append("the board nearer, filling a third of the picture")
        return tuple(lacking)


def _place(row: int, column: int) -> str:
    middle = ROWS[row] == COLUMNS[column]
    return f"the board at the {'middle' if middle else f'{ROWS[row]} {COLUMNS[column]}'}"


def _move(view: BoardView, other: BoardView) -> float:
    """Return how far the corners moved on average [px]; infinite if few were seen both times."""
    _, here, there = np.intersect1d(view.ids, other.ids, return_indices=True)
    if len(here) < 0.7 * max(len(view.ids), len(other.ids)):
        return float("inf")
    return float(np.linalg.norm(view.pixels[here] - other.pixels[there], axis=1).mean())


def _facing(view: BoardView) -> tuple[float, float]:
    """Return how far the board's face looks to the left and up: sines of the angles.

    A lens with a field of view of 53 deg is taken for the one that is sought.
    """
    width, height = view.size
    matrix: Matrix = np.array([[width, 0.0, width / 2], [0.0, width, height / 2], [0.0, 0.0, 1.0]])
    _, turn, _ = cv2.solvePnP(view.points, view.pixels, matrix, None, flags=cv2.SOLVEPNP_IPPE)
    into_paper = cv2.Rodrigues(turn)[0][:, 2]
    return float(into_paper[0]), float(into_paper[1])


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
