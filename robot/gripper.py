"""What jaws do, whatever moves them, and which kind of them ``arm.toml`` describes."""

from typing import Any, Protocol

from robot.errors import UnknownNameError
from robot.gripper_kinds import CrankGripper, NoGripper, SlideGripper
from robot.toml_table import read_table


class Gripper(Protocol):
    """Jaws that one driving joint opens and closes; what else moves with it mimics that joint.

    The actuator is the driving joint: an angle [rad] or a way [m]. All openings are [m].
    """

    @property
    def joint(self) -> str | None:
        """Return the name of the driving joint in the URDF; None if there are no jaws."""

    @property
    def actuator_open(self) -> float:
        """Return the open end of the actuator's travel."""

    @property
    def actuator_closed(self) -> float:
        """Return the closed end of the actuator's travel."""

    @property
    def max_velocity(self) -> float:
        """Return the greatest speed of the actuator [rad/s or m/s]."""

    @property
    def rotor_inertia(self) -> float:
        """Return what the motor adds to whatever moves with the jaws [kg·m² or kg]."""

    @property
    def squeeze(self) -> float:
        """Return how far past contact a command may go."""

    @property
    def max_opening(self) -> float:
        """Return the opening at the open end."""

    @property
    def min_opening(self) -> float:
        """Return the opening at the closed end."""

    @property
    def max_opening_velocity(self) -> float:
        """Return the greatest speed at which the opening can change [m/s]."""

    def opening(self, actuator: float) -> float:
        """Return the opening between the pads with the actuator there."""

    def actuator(self, opening: float) -> float:
        """Return where the actuator gives ``opening``, clamped to its travel."""


def read_gripper(data: dict[str, Any]) -> Gripper:
    """Return the jaws that the table ``[gripper]`` describes; a crank's unless ``kind`` says else.

    Raises UnknownNameError for another kind or entry, ModelError for a missing one.
    """
    kinds = {"crank": CrankGripper, "slide": SlideGripper, "none": NoGripper}
    entries = dict(data)
    kind = entries.pop("kind", "crank")
    if kind not in kinds:
        raise UnknownNameError("gripper.kind", str(kind), kinds)
    gripper: Gripper = read_table(kinds[kind], "gripper", entries)
    return gripper
