"""Domain randomisation: how far each condition may be from nominal, and drawing from that."""

from dataclasses import dataclass, fields
from math import isfinite, radians
from typing import Any, cast

import numpy as np

from robot.errors import RobotError, UnknownNameError
from robot.task import GraspTaskConfig
from sim.conditions import PER_JOINT, Conditions

Range = tuple[float, float]
Ranges = Range | tuple[Range, ...]
"""One range, or for a condition of each joint one a joint."""

ROBUST_TASK = GraspTaskConfig(
    narrowest_block=0.024, clearance=0.006, close_steps=18, settle_steps=6
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
    zero_offset: Ranges = (0.0, 0.0)
    joint_gain: Ranges = (1.0, 1.0)
    servo_quantum: Range = (0.0, 0.0)
    table_height: Range = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Raise RobotError for a range that is none, or holds what no condition can be."""
        for name, ranges in self.ranges().items():
            for low, high in each_range(ranges):
                if not (isfinite(low) and isfinite(high) and low <= high):
                    raise RobotError(f"randomization: {name} ({low}, {high}) is no range")
                Conditions(**{name: per_joint(name, low, 1)})

    def ranges(self) -> dict[str, Any]:
        """Return every range by the name of its condition: (low, high), or one a joint."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def draw(self, random: np.random.Generator, joints: int = 5) -> Conditions:
        """Return conditions for one episode of an arm with ``joints``.

        A range without width takes nothing from ``random``. Raises RobotError if there are
        ranges for another number of joints.
        """
        drawn: dict[str, Any] = {}
        for name, ranges in self.ranges().items():
            if len(each_range(ranges)) > 1:
                lows, highs = zip(*joint_ranges(ranges, joints), strict=True)
                drawn[name] = tuple(random.uniform(lows, highs).tolist())
                continue
            low, high = ranges
            if low == high:
                drawn[name] = per_joint(name, low, joints)
            elif name in PER_JOINT:
                drawn[name] = tuple(random.uniform(low, high, joints).tolist())
            else:
                drawn[name] = float(random.uniform(low, high))
        # Few sizes, because PyBullet keeps the shape of every block it was ever given.
        drawn["block_size"] = round(drawn["block_size"], SIZE_DIGITS)
        return Conditions(**drawn)


def each_range(ranges: Ranges) -> list[Range]:
    """Return ``ranges`` as a list: of one, or of one a joint."""
    first = ranges[0]
    return [*cast(tuple[Range, ...], ranges)] if isinstance(first, tuple) else [cast(Range, ranges)]


def joint_ranges(ranges: Ranges, joints: int) -> list[Range]:
    """Return the range of each joint. Raises RobotError if there are ranges for another number."""
    each = each_range(ranges)
    if len(each) not in (1, joints):
        raise RobotError(f"randomization: ranges of {len(each)} joints for an arm with {joints}")
    return each * joints if len(each) == 1 else each


def per_joint(name: str, value: float, joints: int) -> Any:
    """Return ``value`` of condition ``name`` as ``Conditions`` holds it, the same on all joints."""
    if name not in PER_JOINT:
        return value
    return () if value == float(name == "joint_gain") else (value,) * joints


# Within "default" the scripted expert, told the true offset of block and tool, hardly ever misses.
# What costs it most is the height of the grasp: the jaws advance as they close, and hold within
# few millimetres up or down. Servo figures: the vendor's 15 kg servo sheet and users'
# measurements; depth figures: RealSense D405 data sheet.
RANDOMIZATIONS = {
    "off": Randomization(),
    "default": Randomization(  # a hobby arm that was calibrated with care
        camera_x=(-0.005, 0.005),  # [m] a hand-measured mount
        camera_y=(-0.005, 0.005),  # [m]
        camera_z=(-0.005, 0.005),  # [m]
        camera_roll=(radians(-2), radians(2)),  # [rad] hand-eye calibrations find under 2 deg
        camera_pitch=(radians(-2), radians(2)),  # [rad]
        camera_yaw=(radians(-2), radians(2)),  # [rad]
        camera_fov=(-4.0, 4.0),  # [deg] published values disagree; this one is calibrated
        depth_noise=(0.0005, 0.002),  # [m] at 0.2 m, up to 1 % of the range
        depth_dropout=(0.0, 0.05),  # share of pixels, mostly edges and shine
        depth_quantum=(0.0, 0.001),  # [m] 0.1 mm by a D405, 1 mm by common drivers
        block_size=(0.026, 0.034),  # [m] vendor's cube is 30 mm
        block_mass=(0.015, 0.040),  # [kg] 30 mm of light wood to plastic; lighter ones slip
        block_friction=(0.6, 1.0),  # rubber pads on wood; above 1 PyBullet's contacts creep
        gripper_friction=(0.6, 1.0),  # the other factor of the same contact
        servo_speed=(0.8, 1.2),  # supply of 6.0 to 7.4 V around the planned 2.45 rad/s
        servo_lag=(0.040, 0.260),  # [s] 12 ms on the bus to 225 ms with long move times
        backlash=(0.0, radians(1)),  # [rad] specification: 1 deg at most
        zero_offset=(radians(-0.5), radians(0.5)),  # [rad] twice as much alone costs grasps
        joint_gain=(0.99, 1.01),  # twice as much alone costs grasps
        servo_quantum=(0.0, radians(0.3)),  # [rad] 0.08 deg by the sensor, more by dead band
        table_height=(-0.002, 0.002),  # [m] suction cups
    ),
    "wide": Randomization(  # everything published, solvable or not
        camera_x=(-0.010, 0.010),  # [m] twice the default
        camera_y=(-0.010, 0.010),  # [m]
        camera_z=(-0.010, 0.010),  # [m]
        camera_roll=(radians(-4), radians(4)),  # [rad] twice the default
        camera_pitch=(radians(-4), radians(4)),  # [rad]
        camera_yaw=(radians(-4), radians(4)),  # [rad]
        camera_fov=(-27.0, 28.0),  # [deg] the published 55 to 110 around the mount's 82
        depth_noise=(0.0, 0.004),  # [m] 2 % of the range
        depth_dropout=(0.0, 0.15),  # share of pixels
        depth_quantum=(0.0, 0.002),  # [m]
        block_size=(0.022, 0.040),  # [m]
        block_mass=(0.010, 0.080),  # [kg] foam to brass-weighted
        block_friction=(0.4, 1.2),  # wood on plastic to rubber
        gripper_friction=(0.5, 1.2),  # worn to new pads
        servo_speed=(0.6, 1.4),  # low battery to the data sheet's no-load speed
        servo_lag=(0.040, 0.260),  # [s] as the default
        backlash=(0.0, radians(2)),  # [rad] users estimate up to 2 deg
        zero_offset=(radians(-2), radians(2)),  # [rad] standard deviation of assembled arms
        joint_gain=(0.95, 1.05),  # the servo sheet's 5 %
        servo_quantum=(0.0, radians(1)),  # [rad] the vendor's library rounds to 1 deg
        table_height=(-0.005, 0.005),  # [m]
    ),
}


def named_randomization(randomization: str | Randomization) -> Randomization:
    """Return the randomization of that name. Raises UnknownNameError with the valid names."""
    if isinstance(randomization, Randomization):
        return randomization
    if randomization not in RANDOMIZATIONS:
        raise UnknownNameError("randomization", randomization, RANDOMIZATIONS)
    return RANDOMIZATIONS[randomization]
