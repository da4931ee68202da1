"""What the link process tells of the robot, every period."""

import struct
from dataclasses import dataclass
from typing import Self

import numpy as np

from hardware.ur.modes import trouble
from robot.command import Vector

STATE = b"."
"""How a message with a state begins."""

_LAYOUT = struct.Struct("<cd6d6dd2i3?")


@dataclass(frozen=True, slots=True)
class RobotState:
    """The newest state of the controller. positions [6] [rad], velocities [6] [rad/s].

    stamp: when it came, on the monotonic clock [s]. speed: share of full speed that the pendant's
    slider allows. robot, safety: modes by number. connected: whether more may come. running:
    whether the control program runs and has its watchdog. took: whether it took the last target.
    """

    stamp: float
    positions: Vector
    velocities: Vector
    speed: float
    robot: int
    safety: int
    connected: bool
    running: bool
    took: bool

    @property
    def trouble(self) -> str | None:
        """Return why the robot does not move, and the mend; None if it does."""
        return trouble(self.robot, self.safety)

    def pack(self) -> bytes:
        """Return it as bytes."""
        return _LAYOUT.pack(
            STATE,
            self.stamp,
            *self.positions,
            *self.velocities,
            self.speed,
            self.robot,
            self.safety,
            self.connected,
            self.running,
            self.took,
        )

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what ``pack`` packed. Raises struct.error for another number of bytes."""
        _, stamp, *rest = _LAYOUT.unpack(data)
        return cls(stamp, np.array(rest[:6]), np.array(rest[6:12]), *rest[12:])
