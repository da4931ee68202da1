"""Square markers in a picture: which, and where their corners are."""

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np

from perception.dictionaries import marker_dictionary
from perception.edges import Gray, refine_corners
from perception.lens import Lens, Matrix

_BLURRED = 0.7  # noise of a corner whose edges cannot be measured [px]
_STRAYED = 0.2  # how far a corner may be mended, as a share of the marker's side
_TRIES = (7, 23, 16, 7), (5, 45, 10, 12), (5, 45, 10, 3)
"""Windows of the adaptive threshold [px] and its constant [levels]: fast, glaring, faint."""
_MARGIN = 1.0  # around markers sought again, in sides of them

Box = tuple[slice, slice]
"""Rows and columns of a picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Marker:
    """A marker that is seen.

    corners: [4, 2] pixels, clockwise from the print's top left one. noise: standard deviation of
    their coordinates [px].
    """

    id: int
    corners: Matrix
    noise: float

    @property
    def side(self) -> float:
        """Return the mean length of its sides in the picture [px]."""
        sides = np.linalg.norm(np.roll(self.corners, -1, axis=0) - self.corners, axis=1)
        return float(sides.mean())


class MarkerDetector:
    """Finds the markers of one dictionary in pictures taken through one lens.

    Only exact codes count: no mirrored marker of DICT_4X4_50 passes for another one then. Its
    markers 8, 9, 17 and 47 are mirror images of themselves.
    """

    def __init__(self, dictionary: str, lens: Lens) -> None:
        """Take a dictionary by name. Raises UnknownNameError listing the valid ones."""
        codes = marker_dictionary(dictionary)
        self._cells = codes.markerSize + 2
        self._lens = lens
        self._detectors = [cv2.aruco.ArucoDetector(codes, _parameters(*how)) for how in _TRIES]

    def detect(self, gray: Gray, wanted: Collection[int] | None = None) -> list[Marker]:
        """Return the markers in the picture ``gray`` [height, width]; ``wanted`` ids, all if None.

        A picture in which none is found at once is searched again, more thoroughly.
        """
        for detector in self._detectors:
            found = self._read(detector, gray, wanted)
            if found[0]:
                break
        return self._refined(gray, *found)

    def detect_near(
        self, gray: Gray, corners: Matrix, wanted: Collection[int] | None = None
    ) -> list[Marker]:
        """Return the markers about where ``corners`` [n, 2] [px] of some were before."""
        rows, columns = _around(corners, gray.shape)
        ids, found = self._read(self._detectors[0], gray[rows, columns], wanted)
        return self._refined(gray, ids, np.add(found, (columns.start, rows.start)))

    def ids(self, gray: Gray) -> list[int]:
        """Return the ids of the markers in a picture, searched thoroughly."""
        return next(filter(None, (self._read(d, gray, None)[0] for d in self._detectors)), [])

    def _read(
        self, detector: cv2.aruco.ArucoDetector, gray: Gray, wanted: Collection[int] | None
    ) -> tuple[list[int], Matrix]:
        """Return ids, and corners [m, 4, 2] of the black squares or of their white rims [px]."""
        corners, ids, _ = detector.detectMarkers(np.ascontiguousarray(gray))
        if ids is None:
            return [], np.zeros((0, 4, 2))
        numbers = ids.ravel().tolist()
        kept = [i for i, number in enumerate(numbers) if wanted is None or number in wanted]
        squares = np.array(corners, dtype=np.float64).reshape(-1, 4, 2)
        return [numbers[i] for i in kept], squares[kept]

    def _refined(self, gray: Gray, ids: list[int], corners: Matrix) -> list[Marker]:
        if not ids:
            return []
        better, noise = refine_corners(gray, corners, self._cells, self._lens)
        side = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=-1).mean(axis=-1)
        moved = np.abs(better - corners).max(axis=(1, 2))
        good = moved < np.maximum(_STRAYED * side, 2.0)  # false for NaN too
        better = np.where(good[:, None, None], better, corners)
        noise = np.where(good, noise, _BLURRED)
        return [Marker(*one) for one in zip(ids, better, noise.tolist(), strict=True)]


def _parameters(least: int, most: int, step: int, darker: int) -> cv2.aruco.DetectorParameters:
    """Return what finds squares ``darker`` than their surroundings, in windows of these sizes."""
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_NONE
    parameters.errorCorrectionRate = 0.0
    parameters.minDistanceToBorder = 1
    parameters.adaptiveThreshWinSizeMin = least
    parameters.adaptiveThreshWinSizeMax = most
    parameters.adaptiveThreshWinSizeStep = step
    parameters.adaptiveThreshConstant = darker
    return parameters


def _around(corners: Matrix, shape: tuple[int, ...]) -> Box:
    """Return the part of a picture of that ``shape`` that holds ``corners`` and a margin."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = _MARGIN * (high - low).max()
    left, top = np.maximum(low - margin, 0).astype(int)
    right, bottom = np.minimum(high + margin + 1, (shape[1], shape[0])).astype(int)
    return slice(top, bottom), slice(left, right)
