"""Servo counts to radians and back, with what was found out about one arm's own servos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import radians
from typing import Self

import numpy as np

from hardware.servos.boards import Board
from robot.command import JointCommand, Vector
from robot.model import ArmModel


@dataclass(frozen=True, slots=True)
class ServoScale:
    """One servo. count = zero + per_radian * angle.

    zero: count at joint angle 0.
    per_radian: counts a radian of the joint, negative where the servo turns the other way.
    low, high: counts it may be sent to, ``low <= high``.
    """

    zero: float
    per_radian: float
    low: int
    high: int

    def count(self, angle: float) -> int:
        """Return the allowed count nearest to ``angle`` [rad]."""
        return min(self.high, max(self.low, round(self.zero + self.per_radian * angle)))

    def angle(self, count: float) -> float:
        """Return the joint angle at ``count`` [rad]."""
        return (count - self.zero) / self.per_radian


@dataclass(frozen=True, slots=True)
class Calibration:
    """The servos of one arm on one kind of board, in order: its joints, then the gripper's crank.

    Servos are numbered from 1.
    """

    arm: str
    board: str
    servos: tuple[ServoScale, ...]

    def counts(self, command: JointCommand, model: ArmModel) -> dict[int, int]:
        """Return the count of every servo for ``command``, by servo number."""
        angles = [*command.positions.tolist(), model.gripper.actuator(command.gripper)]
        pairs = zip(self.servos, angles, strict=True)
        return {number: servo.count(angle) for number, (servo, angle) in enumerate(pairs, start=1)}

    def reaching(self, counts: Sequence[int]) -> Self:
        """Return this with windows that reach to where the servos are: ``counts``, by number."""
        pairs = zip(self.servos, counts, strict=True)
        servos = [
            replace(servo, low=min(servo.low, count), high=max(servo.high, count))
            for servo, count in pairs
        ]
        return replace(self, servos=tuple(servos))

    def place(self, counts: Mapping[int, int], model: ArmModel) -> tuple[Vector, float]:
        """Return joint positions [n] [rad] and jaw opening [m] at ``counts`` of all servos."""
        angles = [servo.angle(counts[number]) for number, servo in enumerate(self.servos, start=1)]
        return np.array(angles[:-1]), model.gripper.opening(angles[-1])


def nominal(model: ArmModel, board: Board) -> Calibration:
    """Return the calibration of faultless servos, from ``arm.toml`` and the board's counts."""
    servo = model.servo
    joints = zip(
        servo.centre_degrees, servo.direction, servo.span_degrees,
        model.lower, model.upper, strict=True,
    )  # fmt: skip
    scales = [_scale(board, *map(float, joint)) for joint in joints]
    gripper = model.gripper
    scales.append(
        _scale(
            board, servo.gripper_degrees_zero, servo.gripper_degrees_per_degree, 180.0,
            gripper.actuator_open, gripper.actuator_closed,
        )
    )  # fmt: skip
    return Calibration(model.name, board.name, tuple(scales))


def _scale(
    board: Board, zero_degrees: float, per_degree: float, span: float, lower: float, upper: float
) -> ServoScale:
    """Return the scale of a servo at ``zero_degrees`` of ``span`` where its joint is at 0."""
    per_servo_radian = board.per_radian(span)
    zero = board.window(span)[0] + per_servo_radian * radians(zero_degrees)
    return limited(board, zero, per_servo_radian * per_degree, (lower, upper))


def limited(
    board: Board, zero: float, per_radian: float, limits: tuple[float, float]
) -> ServoScale:
    """Return the scale of a servo that may be sent to the joint's ``limits`` [rad], if it can."""
    ends = sorted(round(zero + per_radian * limit) for limit in limits)
    return ServoScale(zero, per_radian, max(board.lowest, ends[0]), min(board.highest, ends[1]))
