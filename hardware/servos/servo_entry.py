"""What was found out about one servo, in human terms: direction, zero, gain."""

from dataclasses import dataclass
from math import copysign, degrees
from typing import Self

from hardware.servos.boards import Board
from hardware.servos.calibration import Calibration, ServoScale, nominal
from robot.model import ArmModel

GAINS = (0.8, 1.25)
"""Servos of one kind differ by 5 % (boards' data); more than this is a mistake in measuring."""
MOST_ZERO_OFFSET = 30.0
"""[deg] Servos of one kind are 2 off; more than this is a mistake, or a horn mounted askew."""


@dataclass(frozen=True, slots=True)
class ServoEntry:
    """What a file says of one servo. count = zero + direction * gain * nominal * angle.

    direction: 1 if counts grow with the joint angle, else -1.
    zero: count at joint angle 0.
    gain: counts a radian, relative to nominal.
    """

    name: str
    direction: int
    zero: float
    gain: float

    @classmethod
    def of(cls, name: str, scale: ServoScale, usual: ServoScale) -> Self:
        """Return the entry of a servo that is ``scale`` where it should be ``usual``."""
        direction = round(copysign(1.0, scale.per_radian))
        gain = abs(scale.per_radian / usual.per_radian)
        return cls(name, direction, round(scale.zero, 2), round(gain, 5))

    def per_radian(self, usual: ServoScale) -> float:
        """Return the counts a radian of the joint."""
        return self.direction * self.gain * abs(usual.per_radian)

    def offset(self, usual: ServoScale) -> float:
        """Return the angle [deg] that a nominal servo would tell with its joint at 0."""
        return degrees(usual.angle(self.zero))

    def fault(self, usual: ServoScale) -> str | None:
        """Return what is absurd about it, if anything is."""
        if self.direction not in (1, -1):
            return f"direction {self.direction} is neither 1 nor -1"
        if not GAINS[0] <= self.gain <= GAINS[1]:
            return f"gain {self.gain:g} is outside {GAINS[0]:g} to {GAINS[1]:g}"
        if not abs(self.offset(usual)) <= MOST_ZERO_OFFSET:
            return (
                f"zero at {self.zero:g} counts is {abs(self.offset(usual)):.0f} deg off: "
                f"more than {MOST_ZERO_OFFSET:g}"
            )
        return None


def servo_names(model: ArmModel) -> tuple[str, ...]:
    """Return what the servos of an arm move, by servo number from 1."""
    return (*model.joints, "gripper")


def servo_limits(model: ArmModel) -> list[tuple[float, float]]:
    """Return how far each servo's joint, or the gripper's crank, may turn [rad]."""
    joints = zip(model.lower.tolist(), model.upper.tolist(), strict=True)
    return [*joints, (model.gripper.actuator_open, model.gripper.actuator_closed)]


def entries(calibration: Calibration, model: ArmModel, board: Board) -> list[ServoEntry]:
    """Return ``calibration`` in human terms, a servo each."""
    usual = nominal(model, board).servos
    rows = zip(servo_names(model), calibration.servos, usual, strict=True)
    return [ServoEntry.of(*row) for row in rows]
