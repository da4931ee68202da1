"""Why a board is not seen in a picture, in words, with the mend."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.board import Board
from perception.camera import Picture
from perception.dictionaries import LARGEST, marker_dictionary
from perception.lens import Matrix
from perception.picture_faults import picture_fault

FEW = 3
"""Markers of a foreign dictionary that are no chance finds."""


def why_unseen(board: Board, image: Picture) -> str:
    """Return why ``board`` is not seen in ``image`` (uint8, grey or BGR), as far as that shows."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    ids, centres = _markers(board.dictionary, grey)
    return (
        _wrong_layout(board, ids, centres)
        or _mirrored(board, grey)
        or _other_dictionary(board, grey)
        or picture_fault(grey)
        or _partly(board, len(ids))
        or "no board in the picture, or it is far away or mostly covered"
    )


def _markers(dictionary: str, grey: Picture) -> tuple[NDArray[np.int64], Matrix]:
    """Return ids [n] and centres [n, 2] [px] of the markers of one dictionary."""
    detector: Any = cv2.aruco.ArucoDetector(marker_dictionary(dictionary))
    corners, ids, _ = detector.detectMarkers(grey)
    if ids is None:
        return np.empty(0, np.int64), np.empty((0, 2))
    centres = np.array([corner.reshape(4, 2).mean(axis=0) for corner in corners])
    return np.asarray(ids, np.int64).ravel(), centres


def _wrong_layout(board: Board, ids: NDArray[np.int64], centres: Matrix) -> str | None:
    foreign = ids[ids >= board.markers]
    columns = _fitting_columns(ids, centres, board.columns)
    if columns is not None and columns != board.columns:
        return (
            f"sees a board {columns} squares wide; the one named is {board.columns} wide "
            f"({board.columns} x {board.rows}): name the board that was printed"
        )
    if len(foreign) >= FEW:
        return (
            f"sees marker {foreign.max()}; the board has only 0 to {board.markers - 1}: "
            "name the board that was printed"
        )
    return None


def _fitting_columns(ids: NDArray[np.int64], centres: Matrix, expected: int) -> int | None:
    """Return how wide a board has its markers where they are seen; None if it cannot be told.

    The width whose homography fits best; ``expected``, if that one fits as well.
    """
    if len(ids) < 6:
        return None
    misfits = {columns: _misfit(_places(ids, columns), centres) for columns in range(3, 17)}
    good = 0.02 * float(np.ptp(centres, axis=0).max())
    if misfits.get(expected, np.inf) < good:
        return expected
    best = min(misfits, key=misfits.__getitem__)
    return best if misfits[best] < good else None


def _places(ids: NDArray[np.int64], columns: int) -> Matrix:
    """Return column and row [n, 2] of the white squares that have these markers."""
    row, column = np.divmod(2 * ids + columns % 2, columns)
    return np.column_stack((column + (columns % 2 == 0) * (row % 2 == 0), row)).astype(np.float64)


def _misfit(places: Matrix, centres: Matrix) -> float:
    """Return how far the best homography leaves the markers from ``centres`` [px]."""
    H, _ = cv2.findHomography(places, centres)
    if H is None:
        return float("inf")
    seen = cv2.perspectiveTransform(places[None], H)[0]
    return float(np.sqrt(np.mean(np.sum((seen - centres) ** 2, axis=1))))


def _mirrored(board: Board, grey: Picture) -> str | None:
    ids, _ = _markers(board.dictionary, cv2.flip(grey, 1))
    if len(ids) < FEW:
        return None
    return "the picture is mirrored: switch that off in the camera's settings or its viewer"


def _other_dictionary(board: Board, grey: Picture) -> str | None:
    own = _family(board.dictionary)
    found = {name: _markers(name, grey)[0] for name in LARGEST if _family(name) != own}
    name = max(found, key=lambda name: len(found[name]))
    if len(found[name]) < FEW:
        return None
    seen = _family(name)
    return f"sees markers of {seen}, the board named has {board.dictionary}: name the printed one"


def _family(dictionary: str) -> str:
    """Return the name without the number of markers, which does not show in a picture."""
    return dictionary if "APRILTAG" in dictionary else dictionary.rpartition("_")[0]


def _partly(board: Board, count: int) -> str | None:
    if count == 0:
        return None
    return f"only {count} of the board's {board.markers} markers seen: show more of it, nearer"
