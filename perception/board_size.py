"""Whether a board is as large as it was said to be: the way between two pictures tells."""

from collections.abc import Sequence

import numpy as np

from perception.errors import CalibrationRefusedError
from perception.rigid import Matrix
from robot.estimate import Estimate

_MISPRINT, _SURELY = 0.015, 4.0  # of the size, and standard deviations, off which it is another one
_MOVED = 0.02  # [m] rms; a camera that moves less tells nothing


def check_board_size(size: Estimate) -> None:
    """Raise CalibrationRefusedError if a board is not of the ``size`` 1, over what was named."""
    if abs(size.value - 1.0) > max(_MISPRINT, _SURELY * size.std):
        raise CalibrationRefusedError(
            f"as the arm measures it, the board is {size.value:.0%} of the size that was named:"
            " measure the rulers on the print, and give --square-mm; if they are right, calibrate"
            " the lens anew (twinarm calibrate camera)"
        )


def size_of_resting_board(
    T_base_camera: Sequence[Matrix], T_camera_board: Sequence[Matrix], points: Matrix
) -> Estimate | None:
    """Return the size of a board over what its ``points`` [m, 3] say, from looks at it.

    It rests, so camera + size (board - camera) is one place for all looks. None if the camera
    hardly moved.
    """
    middle = np.append(points.mean(axis=0), 1.0)
    cameras = np.array([base[:3, 3] for base in T_base_camera])
    boards = np.array(
        [
            (base @ look @ middle)[:3]
            for base, look in zip(T_base_camera, T_camera_board, strict=True)
        ]
    )
    moved, sights = (some - some.mean(axis=0) for some in (cameras, boards - cameras))
    if np.sqrt(np.mean(np.sum(moved**2, axis=1))) < _MOVED:
        return None
    squares = float(np.sum(sights**2))
    size = -float(np.sum(sights * moved)) / squares
    freedom = moved.size - 4
    spread = float(np.sum((moved + size * sights) ** 2)) / freedom
    return Estimate(size, float(np.sqrt(spread / squares)))
