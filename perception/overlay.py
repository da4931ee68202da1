"""What was located, drawn over the picture it was located in."""

from collections.abc import Iterable
from textwrap import wrap

import cv2
import numpy as np

from perception.camera import Picture
from perception.lens import Lens, Matrix
from perception.locate import Look, Sighting
from perception.tracker import position_std

_RED, _GREEN, _BLUE = (60, 60, 230), (70, 200, 70), (230, 120, 50)
_WHITE, _BLACK, _YELLOW = (255, 255, 255), (0, 0, 0), (60, 220, 250)
_AXES = (_RED, _GREEN, _BLUE)
_MIDDLE, _ASIDE = (-4, 5), (6, 0)  # from a marker's middle to its digit, from axes to words [px]
_LONG = 0.025  # of the axes [m]
_FINE = 3  # binary places of a pixel that lines are drawn to
_FONT, _TEXT = cv2.FONT_HERSHEY_SIMPLEX, 0.45
_LETTER, _LINE = 8.5, 17  # of that text, the width of a wide letter and the height of a line [px]


def overlay(image: Picture, look: Look, lens: Lens) -> Picture:
    """Return a copy of ``image`` [height, width, 3] with markers, axes and what is uncertain."""
    drawn = image.copy()
    for sighting in look.sightings.values():
        _draw_axes(drawn, sighting, lens)
    for marker in look.markers:
        _lines(drawn, [np.concatenate([marker.corners, marker.corners[:1]])], _YELLOW)
        _write(drawn, str(marker.id), marker.corners.mean(axis=0) + _MIDDLE)
    letters = max(1, int((image.shape[1] - 12) / _LETTER))
    lines = [line for remark in look.remarks for line in wrap(remark, letters)]
    for row, line in enumerate(lines):
        _write(drawn, line, np.array([6, _LINE * (row + 1)]))
    return drawn


def _draw_axes(drawn: Picture, sighting: Sighting, lens: Lens) -> None:
    pose = sighting.T_camera_target
    ends = np.concatenate([np.zeros((1, 3)), _LONG * np.eye(3)])
    pixels = lens.project(ends @ pose[:3, :3].T + pose[:3, 3])
    for end, colour in zip(pixels[1:], _AXES, strict=True):
        _lines(drawn, [np.stack([pixels[0], end])], colour, 2)
    spread = 1e3 * position_std(sighting.covariance)
    doubt = "" if sighting.other is None else ", or tilted the other way"
    _write(drawn, f"{sighting.target} +/- {spread:.1f} mm{doubt}", pixels.max(axis=0) + _ASIDE)


def _lines(
    drawn: Picture, lines: Iterable[Matrix], colour: tuple[int, ...], width: int = 1
) -> None:
    fixed = [np.round(line * 2**_FINE).astype(np.int32) for line in lines]
    cv2.polylines(drawn, fixed, False, colour, width, cv2.LINE_AA, _FINE)


def _write(drawn: Picture, text: str, at: Matrix) -> None:
    (wide, _), _ = cv2.getTextSize(text, _FONT, _TEXT, 1)
    height, width = drawn.shape[:2]
    x = int(np.clip(at[0], 2, max(2, width - wide - 4)))
    y = int(np.clip(at[1], 12, height - 4))
    cv2.putText(drawn, text, (x, y), _FONT, _TEXT, _BLACK, 3, cv2.LINE_AA)
    cv2.putText(drawn, text, (x, y), _FONT, _TEXT, _WHITE, 1, cv2.LINE_AA)
