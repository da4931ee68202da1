"""The kinds of jaws: turned by a crank, on slides, or none at all."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass


class DrivenGripper(ABC):
    """Jaws that an actuator opens and closes."""

    __slots__ = ()
    actuator_open: float
    actuator_closed: float

    @property
    def max_opening(self) -> float:
        """Return the opening with the actuator at its open end [m]."""
        return self.opening(self.actuator_open)

    @property
    def min_opening(self) -> float:
        """Return the opening with the actuator at its closed end [m]."""
        return self.opening(self.actuator_closed)

    @abstractmethod
    def opening(self, actuator: float) -> float:
        """Return the opening between the pads [m] with the actuator there."""


@dataclass(frozen=True, slots=True)
class CrankGripper(DrivenGripper):
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


@dataclass(frozen=True, slots=True)
class SlideGripper(DrivenGripper):
    """Parallel gripper of fingers that slide, each as far from the middle as the driving one.

    opening = fingers * actuator: the sum of what the fingers have left of the middle.

    joint: name of the driving finger's joint in the URDF; the others mimic it.
    fingers: how many there are.
    actuator_open, actuator_closed: ends of a finger's travel [m], the open end being the greater.
    max_velocity: of a finger [m/s].
    rotor_inertia: what the motor adds to each finger through its gears [kg].
    squeeze: how far past contact a command may go [m].
    """

    joint: str
    fingers: int
    actuator_open: float
    actuator_closed: float
    max_velocity: float
    rotor_inertia: float
    squeeze: float

    @property
    def max_opening_velocity(self) -> float:
        """Return the greatest speed at which the opening can change [m/s]."""
        return self.fingers * self.max_velocity

    def opening(self, actuator: float) -> float:
        """Return the opening between the pads [m] with a finger at ``actuator`` [m]."""
        return self.fingers * actuator

    def actuator(self, opening: float) -> float:
        """Return where a finger is [m] for ``opening`` [m], clamped to its travel."""
        return min(self.actuator_open, max(self.actuator_closed, opening / self.fingers))


@dataclass(frozen=True, slots=True)
class NoGripper:
    """A bare flange: its opening is always 0, whatever a command says."""

    joint: None = None
    actuator_open: float = 0.0
    actuator_closed: float = 0.0
    max_velocity: float = 0.0
    rotor_inertia: float = 0.0
    squeeze: float = 0.0
    max_opening: float = 0.0
    min_opening: float = 0.0
    max_opening_velocity: float = 0.0

    def opening(self, actuator: float) -> float:
        """Return 0."""
        return 0.0

    def actuator(self, opening: float) -> float:
        """Return 0."""
        return 0.0
