"""The two messages of the whole stack: what an arm is told and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def _frozen(values: Sequence[float] | Vector) -> Vector:
    array = np.array(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"expected one value a joint, got an array of shape {array.shape}")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True, eq=False)
class JointCommand:
    """Where every joint shall go. Any source of motion yields one, any arm accepts one.

    positions: [n] target joint positions [rad].
    gripper: target opening between the finger pads [m].
    """

    positions: Vector
    gripper: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "positions", _frozen(self.positions))
        object.__setattr__(self, "gripper", float(self.gripper))


@dataclass(frozen=True, slots=True, eq=False)
class ArmState:
    """What an arm measured of itself.

    positions: [n] joint positions [rad].
    velocities: [n] joint velocities [rad/s].
    gripper: opening between the finger pads [m].
    stamp: time of the measurement [s], on the arm's own monotonic clock.
    faults: names of what is wrong now, empty when all is well.
    """

    positions: Vector
    velocities: Vector
    gripper: float
    stamp: float
    faults: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "positions", _frozen(self.positions))
        object.__setattr__(self, "velocities", _frozen(self.velocities))
        object.__setattr__(self, "gripper", float(self.gripper))
