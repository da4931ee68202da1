"""Opening of a crank-driven parallel gripper, and the crank angle that gives it."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gripper:
    """Parallel gripper whose pads move apart as a crank turns.

    opening = offset + amplitude * cos(actuator + phase). Holds for the DOFBot's 30 mm
    parallelogram and, with another phase, for the Robotiq 2F-85.

    joint: name of the driving joint in the URDF.
    offset, amplitude: [m]; phase: [rad].
    actuator_open, actuator_closed: ends of the crank's travel [rad].
    max_velocity: of the crank [rad/s].
    rotor_inertia: what the servo's motor adds to the jaws through its gears [kg·m²].
    squeeze: how far past contact a command may go [m].
    """

    joint: str
    offset: float
    amplitude: float
    phase: float
    actuator_open: float
    actuator_closed: float
    max_velocity: float
    rotor_inertia: float
    squeeze: float

    @property
    def max_opening(self) -> float:
        """Return the opening with the crank at its open end [m]."""
        return self.opening(self.actuator_open)

    @property
    def min_opening(self) -> float:
        """Return the opening with the crank at its closed end [m]."""
        return self.opening(self.actuator_closed)

    @property
    def max_opening_velocity(self) -> float:
        """Return the greatest speed at which the opening can change [m/s]."""
        return self.amplitude * self.max_velocity

    def opening(self, actuator: float) -> float:
        """Return the opening between the pads [m] at crank angle ``actuator`` [rad]."""
        return self.offset + self.amplitude * math.cos(actuator + self.phase)

    def actuator(self, opening: float) -> float:
        """Return the crank angle [rad] for ``opening`` [m], clamped to the crank's travel."""
        ratio = min(1.0, max(-1.0, (opening - self.offset) / self.amplitude))
        angle = math.acos(ratio) - self.phase
        return min(self.actuator_closed, max(self.actuator_open, angle))
