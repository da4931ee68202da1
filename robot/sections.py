"""The tables of ``arm.toml`` that only some arms have."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from robot.command import Vector
from robot.grasp_zone import GraspZone
from robot.joint_values import joint_values
from robot.teleop_map import TeleopMap
from robot.toml_table import read_table


@dataclass(frozen=True, slots=True, eq=False)
class CameraMount:
    """Wrist camera: the URDF link of its optical frame, vertical field of view, range [m]."""

    link: str
    fov_degrees: float
    near: float
    far: float


@dataclass(frozen=True, slots=True, eq=False)
class ServoMap:
    """How joint radians become vendor servo degrees; used by servo drivers alone."""

    centre_degrees: Vector
    direction: Vector
    span_degrees: Vector
    gripper_degrees_zero: float
    gripper_degrees_per_degree: float

    @classmethod
    def read(cls, data: dict[str, Any], n: int) -> "ServoMap":
        """Take the table ``[servo]`` of an arm of ``n`` joints.

        Raises ModelError and UnknownNameError for entries missing or unknown.
        """
        servo: ServoMap = read_table(cls, "servo", data)
        names = ("centre_degrees", "direction", "span_degrees")
        vectors: dict[str, Any] = {
            name: joint_values(data[name], n, f"servo.{name}") for name in names
        }
        return replace(servo, **vectors)


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """Each of these tables, or None where an arm has none.

    randomization: what its simulation draws otherwise than that of other arms, by the name of the
    randomization: the range of each condition.
    """

    grasp: GraspZone | None = None
    camera: CameraMount | None = None
    depth_camera: CameraMount | None = None
    servo: ServoMap | None = None
    teleop: TeleopMap | None = None
    randomization: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: dict[str, Any], joints: tuple[str, ...]) -> "Sections":
        """Take what there is in ``data``. Raises ModelError, UnknownNameError and KeyError."""
        n = len(joints)
        return cls(
            grasp=GraspZone.read(data["grasp"], n) if "grasp" in data else None,
            camera=_camera("camera", data),
            depth_camera=_camera("depth_camera", data),
            servo=ServoMap.read(data["servo"], n) if "servo" in data else None,
            teleop=TeleopMap.read(data["teleop"], joints) if "teleop" in data else None,
            randomization=data.get("randomization", {}),
        )


def _camera(name: str, data: dict[str, Any]) -> CameraMount | None:
    mount: CameraMount | None = read_table(CameraMount, name, data[name]) if name in data else None
    return mount
