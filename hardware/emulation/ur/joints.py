"""The joints of an emulated robot: they lag behind a servo target, and brake when told to."""

from dataclasses import dataclass

import numpy as np

from robot.command import Vector

_ACCELERATION = 15.0  # [rad/s²] that the drives give; about a third of what servoj may ask for
_FASTEST = np.pi  # [rad/s] every joint of a UR5: 180 deg/s
_AT_REST = 1e-3  # [rad/s]


@dataclass(slots=True)
class ServoTarget:
    """What ``servoj`` was told. positions: [6] [rad]; lookahead_s: smooths, and so lags, by it."""

    positions: Vector
    lookahead_s: float


class Joints:
    """Six joints at ``positions`` [rad], moving at ``velocities`` [rad/s]."""

    def __init__(self, positions: Vector) -> None:
        """Stand still at ``positions`` [6]."""
        self.positions = np.array(positions, dtype=np.float64)
        self.velocities = np.zeros(self.positions.size)

    @property
    def at_rest(self) -> bool:
        """Return whether they stand still."""
        return bool(np.abs(self.velocities).max() < _AT_REST)

    def follow(self, target: ServoTarget, dt: float) -> None:
        """Go towards ``target`` for ``dt`` [s]: a first-order lag, slow enough to stop there."""
        way = target.positions - self.positions
        most = np.minimum(_FASTEST, np.sqrt(_ACCELERATION * np.abs(way)))
        self._accelerate(np.clip(way / target.lookahead_s, -most, most), dt)

    def brake(self, dt: float, deceleration: float = _ACCELERATION) -> None:
        """Slow down for ``dt`` [s] at ``deceleration`` [rad/s²]."""
        self._accelerate(np.zeros_like(self.velocities), dt, deceleration)

    def freeze(self) -> None:
        """Stand still at once, as brakes make them."""
        self.velocities[:] = 0.0

    def _accelerate(self, wanted: Vector, dt: float, most: float = _ACCELERATION) -> None:
        self.velocities += np.clip(wanted - self.velocities, -most * dt, most * dt)
        self.positions += self.velocities * dt
