"""Poses with a board in the jaws, for a camera beside the arm of which nothing is known yet."""

import numpy as np

from perception.hand_eye_model import Rig
from perception.rigid import Matrix
from robot.command import Vector
from robot.model import ArmModel
from robot.viewpoints import Viewpoint, clear_sides

_SEED = 12  # the same sweep every time
_ABOVE = 0.03  # [m] of a held board above the table
_BESIDE = 0.10  # [m] of a held board from the base's axis
_AHEAD, _UP = 0.3, (0.0, 0.9)  # forward and upward parts of where a held board faces
_STEP = 0.35  # [rad] of a pose from one at which the board was seen


class Sweep:
    """Turns a held board every way ahead of the arm, then about where it has been seen."""

    def __init__(self, model: ArmModel, rig: Rig, T_link_board: Matrix, points: Matrix) -> None:
        """Hold a board of ``points`` [m, 3] about at ``T_link_board`` [4, 4] [m]."""
        self._model, self._rig = model, rig
        self._T_link_board, self._points = T_link_board, points
        self._random = np.random.default_rng(_SEED)
        self._seen: list[Vector] = []

    def seen(self, point: Viewpoint) -> None:
        """Note that the camera saw the board at ``point``."""
        self._seen.append(point.pose)

    def next(self) -> Viewpoint:
        """Return a clear pose to try."""
        while True:
            pose = self._drawn()
            point = clear_sides(self._model, pose, self._random) if self._fits(pose) else None
            if point is not None:
                return point

    def _drawn(self) -> Vector:
        if not self._seen:
            return self._random.uniform(self._model.lower, self._model.upper)
        near = self._seen[self._random.integers(len(self._seen))]
        return near + self._random.normal(0.0, _STEP, self._model.n)

    def _fits(self, pose: Vector) -> bool:
        T_base_board = self._rig.chain.pose(pose) @ self._T_link_board
        facing = -T_base_board[:3, 2]
        ahead = facing[0] > _AHEAD and _UP[0] < facing[2] < _UP[1]
        return bool(ahead) and held_clear(self._model, T_base_board, self._points)


def held_clear(model: ArmModel, T_base_board: Matrix, points: Matrix) -> bool:
    """Return whether a board in the jaws is away from the table and from the arm's own base."""
    x, y, z = (points @ T_base_board[:3, :3].T + T_base_board[:3, 3]).T
    return bool((z > model.table_height + _ABOVE).all() and (np.hypot(x, y) > _BESIDE).all())
