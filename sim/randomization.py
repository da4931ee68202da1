"""Domain randomisation: how far each condition may be from nominal, and drawing from that."""

from dataclasses import dataclass, fields
from math import isfinite, radians
from typing import Any

import numpy as np

from robot.errors import RobotError, UnknownNameError
from robot.task import GraspTaskConfig
from sim.conditions import PER_JOINT, Conditions

Range = tuple[float, float]

ROBUST_TASK = GraspTaskConfig(
    narrowest_block=0.020, clearance=0.004, close_steps=18, settle_steps=6
)
"""The task where sizes, heights and lag are not known: jaws for any block, time for any servo."""
SIZE_DIGITS = 4  # decimals of a drawn block size [m]


@dataclass(frozen=True, slots=True)
class Randomization:
    """The range (low, high) of each condition, drawn uniformly; by default always nominal."""

    camera_x: Range = (0.0, 0.0)
    camera_y: Range = (0.0, 0.0)
    camera_z: Range = (0.0, 0.0)
    camera_roll: Range = (0.0, 0.0)
    camera_pitch: Range = (0.0, 0.0)
    camera_yaw: Range = (0.0, 0.0)
    camera_fov: Range = (0.0, 0.0)
    depth_noise: Range = (0.0, 0.0)
    depth_dropout: Range = (0.0, 0.0)
    depth_quantum: Range = (0.0, 0.0)
    block_size: Range = (0.03, 0.03)
    block_mass: Range = (0.020, 0.020)
    block_friction: Range = (0.9, 0.9)
    gripper_friction: Range = (1.0, 1.0)
    servo_speed: Range = (1.0, 1.0)
    servo_lag: Range = (0.0, 0.0)
    backlash: Range = (0.0, 0.0)
    zero_offset: Range = (0.0, 0.0)
    joint_gain: Range = (1.0, 1.0)
    servo_quantum: Range = (0.0, 0.0)
    table_height: Range = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Raise RobotError for a range that is none, or holds what no condition can be."""
        for name, (low, high) in self.ranges().items():
            if not (isfinite(low) and isfinite(high) and low <= high):
                raise RobotError(f"randomization: {name} ({low}, {high}) is no range (low, high)")
        Conditions(**{name: per_joint(name, low, 1) for name, (low, _) in self.ranges().items()})

    def ranges(self) -> dict[str, Range]:
        """Return every range by the name of its condition."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def draw(self, random: np.random.Generator, joints: int = 5) -> Conditions:
        """Return conditions for one episode of an arm with ``joints``.

        A range without width takes nothing from ``random``.
        """
        drawn: dict[str, Any] = {}
        for name, (low, high) in self.ranges().items():
            if low == high:
                drawn[name] = per_joint(name, low, joints)
            elif name in PER_JOINT:
                drawn[name] = tuple(random.uniform(low, high, joints).tolist())
            else:
                drawn[name] = float(random.uniform(low, high))
        # Few sizes, because PyBullet keeps the shape of every block it was ever given.
        drawn["block_size"] = round(drawn["block_size"], SIZE_DIGITS)
        return Conditions(**drawn)


def per_joint(name: str, value: float, joints: int) -> Any:
    """Return ``value`` of condition ``name`` as ``Conditions`` holds it, the same on all joints."""
    if name not in PER_JOINT:
        return value
    return () if value == float(name == "joint_gain") else (value,) * joints


RANDOMIZATIONS = {
    "off": Randomization(),
    "default": Randomization(
        camera_x=(-0.005, 0.005),
        camera_y=(-0.005, 0.005),
        camera_z=(-0.005, 0.005),
        camera_roll=(radians(-2), radians(2)),
        camera_pitch=(radians(-2), radians(2)),
        camera_yaw=(radians(-2), radians(2)),
        camera_fov=(-4.0, 4.0),
        depth_noise=(0.0005, 0.002),
        depth_dropout=(0.0, 0.05),
        depth_quantum=(0.0, 0.001),
        block_size=(0.026, 0.034),
        block_mass=(0.015, 0.040),
        block_friction=(0.6, 1.2),
        gripper_friction=(0.6, 1.2),
        servo_speed=(0.8, 1.2),
        servo_lag=(0.040, 0.260),
        backlash=(0.0, radians(1)),
        zero_offset=(radians(-0.5), radians(0.5)),
        joint_gain=(0.99, 1.01),
        servo_quantum=(0.0, radians(0.3)),
        table_height=(-0.002, 0.002),
    ),
    "wide": Randomization(
        camera_x=(-0.010, 0.010),
        camera_y=(-0.010, 0.010),
        camera_z=(-0.010, 0.010),
        camera_roll=(radians(-4), radians(4)),
        camera_pitch=(radians(-4), radians(4)),
        camera_yaw=(radians(-4), radians(4)),
        camera_fov=(-7.0, 48.0),
        depth_noise=(0.0, 0.004),
        depth_dropout=(0.0, 0.15),
        depth_quantum=(0.0, 0.002),
        block_size=(0.022, 0.040),
        block_mass=(0.005, 0.080),
        block_friction=(0.4, 1.4),
        gripper_friction=(0.5, 1.5),
        servo_speed=(0.6, 1.4),
        servo_lag=(0.040, 0.260),
        backlash=(radians(0.3), radians(2)),
        zero_offset=(radians(-4), radians(4)),
        joint_gain=(0.95, 1.05),
        servo_quantum=(radians(0.08), radians(1)),
        table_height=(-0.006, 0.006),
    ),
}


def named_randomization(randomization: str | Randomization) -> Randomization:
    """Return the randomization of that name. Raises UnknownNameError with the valid names."""
    if isinstance(randomization, Randomization):
        return randomization
    if randomization not in RANDOMIZATIONS:
        raise UnknownNameError("randomization", randomization, RANDOMIZATIONS)
    return RANDOMIZATIONS[randomization]
