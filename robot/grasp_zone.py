"""Where an arm grasps from a table, and how its tool leans there."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from robot.command import Vector
from robot.errors import RobotError
from robot.joint_values import joint_values
from robot.toml_table import read_table


@dataclass(frozen=True, slots=True, eq=False)
class GraspZone:
    """Where this arm grasps from a table, and how its tool leans there.

    area_centre, area_size: spawn area [x, y] in the base frame [m].
    approach_height: tool above the table at the start [m].
    grasp_clearance: tool above the middle of the block when the jaws close [m].
    lift_height: how far the tool is raised at the end [m].
    look: joint positions [n] [rad] from which nothing of the arm hides the area from a camera.
    """

    radius: float
    tilt_degrees: float
    tilt_per_radius: float
    tilt_per_height: float
    area_centre: tuple[float, float]
    area_size: tuple[float, float]
    approach_height: float
    grasp_clearance: float
    lift_height: float
    look: Vector

    @classmethod
    def read(cls, data: dict[str, Any], n: int) -> "GraspZone":
        """Take the table ``[grasp]`` of an arm of ``n`` joints.

        Raises ModelError and UnknownNameError for entries missing or unknown.
        """
        zone: GraspZone = read_table(cls, "grasp", data)
        return replace(zone, look=joint_values(data["look"], n, "grasp.look"))

    def tilt(self, x: float, y: float, z: float) -> float:
        """Return the tool tilt from straight up [rad] that suits the tool point (x, y, z) [m]."""
        outward = math.hypot(x, y) - self.radius
        return math.radians(
            self.tilt_degrees + self.tilt_per_radius * outward + self.tilt_per_height * z
        )

    def draw_place(self, random: np.random.Generator) -> tuple[float, float]:
        """Return a uniformly random (x, y) within the spawn area [m]."""
        x, y = (
            float(random.uniform(centre - size / 2, centre + size / 2))
            for centre, size in zip(self.area_centre, self.area_size, strict=True)
        )
        return x, y

    def check_place(
        self, x: float, y: float, slack: float = 0.0, what: str = "block", does: str = "grasps"
    ) -> None:
        """Raise RobotError if (x, y) is more than ``slack`` [m] outside the spawn area.

        what: lies there; no policy ``does`` there what it is to do.
        """
        for axis, value, centre, size in zip(
            "xy", (x, y), self.area_centre, self.area_size, strict=True
        ):
            if not abs(value - centre) <= size / 2 + slack + 1e-9:
                raise RobotError(
                    f"{what}: {axis} = {value:.3f} m is out of reach; the policy {does} from"
                    f" {centre - size / 2:.3f} to {centre + size / 2:.3f} m"
                )
