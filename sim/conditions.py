"""The conditions of one episode: what of the arm, the camera and the scene is not nominal."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite

from robot.errors import RobotError, UnknownNameError
from sim.servos import Servos

POSITIVE = frozenset(
    {"block_size", "block_mass", "block_friction", "gripper_friction", "servo_speed", "joint_gain"}
)
"""Names of conditions that must be above zero."""
NON_NEGATIVE = frozenset(
    {"depth_noise", "depth_dropout", "depth_quantum", "servo_lag", "backlash", "servo_quantum"}
)
"""Names of conditions that must not be below zero."""
SHARES = frozenset({"depth_dropout"})
"""Names of conditions that cannot be above one."""
PER_JOINT = ("zero_offset", "joint_gain")
"""Names of conditions that have one value a joint."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """One episode's conditions; by default the nominal ones. Frames: camera = optical frame."""

    camera_x: float = 0.0
    """Offset of the camera to its right [m]."""
    camera_y: float = 0.0
    """Offset of the camera to below it in the image [m]."""
    camera_z: float = 0.0
    """Offset of the camera forward along its axis [m]."""
    camera_roll: float = 0.0
    """Turn of the camera about its forward axis z [rad]."""
    camera_pitch: float = 0.0
    """Turn of the camera about its right axis x [rad]."""
    camera_yaw: float = 0.0
    """Turn of the camera about its down axis y [rad]."""
    camera_fov: float = 0.0
    """Offset of the vertical field of view [deg]."""
    depth_noise: float = 0.0
    """Standard deviation of depth at 0.2 m, growing with the square of the range [m]."""
    depth_dropout: float = 0.0
    """Share of pixels without depth."""
    depth_quantum: float = 0.0
    """Smallest difference of depth that is told [m]."""
    block_size: float = 0.03
    """Edge of the block [m]."""
    block_mass: float = 0.020
    """Mass of the block [kg]; a 30 mm cube of beech."""
    block_friction: float = 0.9
    """Friction of the block; a contact has the product of both sides."""
    gripper_friction: float = 1.0
    """Friction of the finger pads; a contact has the product of both sides."""
    servo_speed: float = 1.0
    """Greatest speed as a share of the model's velocity limit."""
    servo_lag: float = 0.0
    """From a command to its effect [s]."""
    backlash: float = 0.0
    """Play of each joint between the two ways to turn [rad]."""
    zero_offset: tuple[float, ...] = ()
    """True angle of each joint where its servo says zero [rad]; empty: none."""
    joint_gain: tuple[float, ...] = ()
    """True turn of each joint for one radian of its servo; empty: 1."""
    servo_quantum: float = 0.0
    """Smallest angle a servo knows, in commands and in readings [rad]."""
    table_height: float = 0.0
    """Offset of the table top from where the arm believes it [m]."""

    def __post_init__(self) -> None:
        """Raise RobotError for a value that is not finite or not possible."""
        for field in fields(self):
            _check(field.name, getattr(self, field.name))

    @property
    def servos(self) -> Servos:
        """Return the servos of these conditions."""
        return Servos(
            speed=self.servo_speed,
            lag=self.servo_lag,
            backlash=self.backlash,
            zero_offset=self.zero_offset,
            joint_gain=self.joint_gain,
            quantum=self.servo_quantum,
        )

    def to_info(self) -> dict[str, float | list[float]]:
        """Return every condition by its name, as plain numbers that JSON can hold."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {name: list(values[name]) for name in PER_JOINT}

    @classmethod
    def from_info(cls, info: Mapping[str, object]) -> "Conditions":
        """Return the conditions that ``info`` names, the others nominal.

        Raises UnknownNameError for another name, RobotError for what is no possible value.
        """
        if not isinstance(info, Mapping):
            raise RobotError(f"conditions {info!r} are not values by name")
        names = [field.name for field in fields(cls)]
        for name in info:
            if name not in names:
                raise UnknownNameError("condition", name, names)
        return cls(**{name: _number(name, value) for name, value in info.items()})  # type: ignore[arg-type]


def _number(name: str, value: object) -> float | tuple[float, ...]:
    try:
        if name in PER_JOINT:
            return tuple(float(one) for one in value)  # type: ignore[attr-defined]
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        kind = "a list of numbers, one a joint" if name in PER_JOINT else "a number"
        raise RobotError(f"condition {name} {value!r} is not {kind}") from None


def impossible(name: str, value: float) -> str:
    """Return why no condition ``name`` can be ``value``; "" if it can."""
    if not isfinite(value):
        return "is not finite"
    if value < 0.0 and name in NON_NEGATIVE:
        return "is negative"
    if value <= 0.0 and name in POSITIVE:
        return "must be positive"
    return "is more than the whole" if value > 1.0 and name in SHARES else ""


def _check(name: str, value: float | tuple[float, ...]) -> None:
    for one in value if isinstance(value, tuple) else (value,):
        if why := impossible(name, one):
            raise RobotError(f"condition {name} {value} {why}")


NOMINAL = Conditions()
