"""Joint positions that keep the tool where it is wanted, or as near as it gets, in bounded time."""

from itertools import cycle

import numpy as np

from robot.command import Vector
from robot.kinematics import Matrix
from robot.model import ArmModel
from robot.turn import turn_between

_STEPS = 8  # a call; a search that takes more goes on with the next
_LEAN = 0.01  # [m] a turn of 1 rad counts as much as a shift by this
_FLAT = 1e-11  # [m²/rad] of slope below which a pose is as near as it gets
_FIRST_DAMPING, _LEAST_DAMPING = 1e-4, 1e-10  # [m²] keeps steps finite where the arm is stretched
_OFF = 2e-3  # [m] from where the tool is wanted that a dead end is feared
_PATIENCE = 6  # calls after which a search is done
_BETTER = 0.005  # [m] by which a pose far away must be nearer to be taken


class ToolTracker:
    """Follows a wanted pose of the tool from call to call, for any arm.

    Where the pose is reached it is met; where it is not, the point counts and the tool leans as
    it must. A point that cannot be reached from here is searched for from the arm's named poses
    as well, a few steps a call, in case this is a dead end.
    """

    def __init__(self, model: ArmModel) -> None:
        """Lead the tool of ``model``, which is at home."""
        self._model = model
        self._starts = cycle(model.named_poses.values())
        self.begin(model.home)

    def begin(self, positions: Vector) -> None:
        """Go on from ``positions`` [n] [rad]."""
        self._search = _Search(self._model, positions)
        self._other: _Search | None = None
        self._tried = 0

    def follow(self, T_base_tool: Matrix) -> Vector:
        """Return joint positions [n] [rad] within limits for the wanted pose of the tool."""
        self._search.go(T_base_tool)
        if self._search.away <= _OFF:
            self._other = None
        else:
            self._look_elsewhere(T_base_tool)
        return self._search.positions

    def _look_elsewhere(self, T_base_tool: Matrix) -> None:
        if self._other is None or self._tried >= _PATIENCE:
            self._other = _Search(self._model, next(self._starts))
            self._tried = 0
        self._other.go(T_base_tool)
        self._tried += 1
        if self._other.away < self._search.away - _BETTER:
            self._search, self._other = self._other, None


class _Search:
    """The way downhill from a pose: Levenberg and Marquardt within limits.

    A joint at its limit that would go beyond it takes no part in a step (Bertsekas, "Projected
    Newton methods", 1982).
    """

    def __init__(self, model: ArmModel, start: Vector) -> None:
        self._kinematics, self._limits = model.kinematics, (model.lower, model.upper)
        self.positions: Vector = np.clip(start, *self._limits)
        self.away = np.inf
        """How far the tool is from the wanted point [m]."""
        self._damping = _FIRST_DAMPING

    def go(self, T_base_tool: Matrix) -> None:
        """Take some steps towards the wanted pose."""
        q, damping = self.positions, self._damping
        missing = self._missing(T_base_tool, q)
        scaled: Matrix | None = None
        for _ in range(_STEPS):
            scaled = self._scaled(q) if scaled is None else scaled
            free = self._free(q, scaled, missing)
            if np.abs(missing @ free).max() < _FLAT:
                break
            inverted = np.linalg.solve(free @ free.T + damping * np.eye(6), missing)
            there = np.clip(q + inverted @ free, *self._limits)
            left = self._missing(T_base_tool, there)
            if left @ left < missing @ missing:
                q, missing, scaled = there, left, None
                damping = max(damping / 8.0, _LEAST_DAMPING)
            else:
                damping *= 8.0
        self.positions, self._damping = q, min(damping, _FIRST_DAMPING)
        self.away = float(np.linalg.norm(missing[:3]))

    def _missing(self, T_base_tool: Matrix, q: Vector) -> Vector:
        """Return shift and turn [6] [m] from the tool at ``q`` to where it is wanted."""
        here = self._kinematics.forward(q)
        shift = T_base_tool[:3, 3] - here[:3, 3]
        return np.concatenate([shift, _LEAN * turn_between(here, T_base_tool)])

    def _scaled(self, q: Vector) -> Matrix:
        jacobian = self._kinematics.jacobian(q)
        jacobian[3:] *= _LEAN
        return jacobian

    def _free(self, q: Vector, scaled: Matrix, missing: Vector) -> Matrix:
        """Return the Jacobian without the joints that are held by their limits."""
        downhill, (lower, upper) = missing @ scaled, self._limits
        stuck = ((q <= lower) & (downhill < 0.0)) | ((q >= upper) & (downhill > 0.0))
        return np.where(stuck, 0.0, scaled)
