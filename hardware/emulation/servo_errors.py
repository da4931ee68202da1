"""How emulated servos differ from ideal ones."""

from dataclasses import dataclass, fields
from math import inf

from robot.errors import ArmError


@dataclass(frozen=True, slots=True)
class ServoErrors:
    """Of all servos of one arm. Defaults are typical of 15 kg hobby bus servos.

    Zero and gain errors are in what a servo measures as much as in where it goes, so they and
    the backlash show only from outside.
    """

    speed: float = 3.5
    """Greatest speed of a servo's shaft [rad/s]; data sheets say 2.4 to 4.4."""
    acceleration: float = 40.0
    """Of the servo's own velocity profile [rad/s²]; unpublished."""
    latency_s: float = 0.01
    """From the last byte of a command to the first servo's start [s]."""
    stagger_s: float = 0.012
    """From the first servo's start to the last's, on boards that forward one by one [s]."""
    lag_s: float = 0.03
    """Time constant with which the shaft follows the profile [s]."""
    backlash: float = 0.0175
    """Play of the joint on the shaft, end to end [rad]; 1 deg, users estimate 0.3 to 3."""
    dead_band: float = 0.0035
    """A servo at rest ignores a target nearer than this [rad]; 0.2 deg, unpublished."""
    zero_std: float = 0.035
    """Standard deviation of each joint's hidden zero error [rad]; 2 deg."""
    gain_std: float = 0.015
    """Standard deviation of each joint's hidden gain error, around 1; units differ by 5 %."""
    reversed_servos: tuple[int, ...] = ()
    """Numbers of servos built in the wrong way round."""
    whole_degrees: bool = False
    """Whether positions are truncated to whole degrees, as the vendor's library does."""
    stall_error: float = 0.1
    """A shaft this far from its profile is stalled [rad]."""
    stall_s: float = 3.0
    """A servo stalled for this long goes limp until torque is set anew [s]; 3 to 5."""

    def __post_init__(self) -> None:
        positive = ("speed", "acceleration", "lag_s", "stall_error", "stall_s")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in positive and not 0.0 < value < inf:
                raise ArmError(f"servo errors: {field.name} must be positive, got {value}")
            if isinstance(value, float) and not 0.0 <= value < inf:
                raise ArmError(f"servo errors: {field.name} must not be negative, got {value}")
