"""The dictionaries of markers that OpenCV knows, by name."""

from functools import cache
from typing import Any

import cv2

from robot.errors import UnknownNameError

DICTIONARIES = (
    *(f"DICT_{bits}X{bits}_{count}" for bits in (4, 5, 6, 7) for count in (50, 100, 250, 1000)),
    *(f"DICT_APRILTAG_{code}" for code in ("16h5", "25h9", "36h10", "36h11")),
)
LARGEST = tuple(name for name in DICTIONARIES if name.endswith("_1000") or "APRIL" in name)
"""Those that hold the markers of all others."""


@cache
def marker_dictionary(name: str) -> Any:
    """Return OpenCV's dictionary of that name. Raises UnknownNameError listing the valid ones."""
    if name not in DICTIONARIES:
        raise UnknownNameError("marker dictionary", name, DICTIONARIES)
    return cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name))
