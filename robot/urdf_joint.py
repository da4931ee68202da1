"""A joint as a URDF describes it."""

from dataclasses import dataclass

from robot.command import Vector


@dataclass(frozen=True, slots=True, eq=False)
class UrdfJoint:
    """One joint: its links, origin (xyz [m], rpy [rad]), unit axis and limits.

    lower, upper: [rad] or [m], infinite where it turns without end.
    """

    name: str
    kind: str
    parent: str
    child: str
    xyz: Vector
    rpy: Vector
    axis: Vector
    lower: float
    upper: float
    effort: float
    velocity: float
    mimic: str | None
    mimic_multiplier: float
