"""What an arm is, read from its folder in ``urdf/``: joints, limits, gripper, kinematics."""

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from robot.command import Vector
from robot.errors import ModelError, RobotError, UnknownNameError
from robot.gripper import Gripper
from robot.keep_out import KeepOut
from robot.kinematics import Kinematics, make_kinematics
from robot.model_check import check_model
from robot.teleop_map import TeleopMap
from robot.urdf_tree import UrdfTree
from urdf import arm_folder, arm_names


@dataclass(frozen=True, slots=True, eq=False)
class CameraMount:
    """Wrist camera: the URDF link of its optical frame, vertical field of view, range [m]."""

    link: str
    fov_degrees: float
    near: float
    far: float


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

    def check_place(self, x: float, y: float, slack: float = 0.0) -> None:
        """Raise RobotError if (x, y) is more than ``slack`` [m] outside the spawn area.

        No policy grasps there.
        """
        for axis, value, centre, size in zip(
            "xy", (x, y), self.area_centre, self.area_size, strict=True
        ):
            if not abs(value - centre) <= size / 2 + slack + 1e-9:
                raise RobotError(
                    f"block: {axis} = {value:.3f} m is out of reach; the policy grasps from"
                    f" {centre - size / 2:.3f} to {centre + size / 2:.3f} m"
                )


@dataclass(frozen=True, slots=True, eq=False)
class ServoMap:
    """How joint radians become vendor servo degrees; used by servo drivers alone."""

    centre_degrees: Vector
    direction: Vector
    span_degrees: Vector
    gripper_degrees_zero: float
    gripper_degrees_per_degree: float


@dataclass(frozen=True, slots=True, eq=False)
class ArmModel:
    """An arm as data. Arrays are [n], one value a joint, and read-only.

    lower, upper: joint limits [rad]; max_velocity [rad/s]; max_acceleration [rad/s²];
    effort [N·m]; rotor_inertia: of each motor through its gears [kg·m²];
    home, rest: named joint positions [rad];
    table_height: table top in the base frame [m].
    """

    name: str
    title: str
    urdf: UrdfTree
    joints: tuple[str, ...]
    lower: Vector
    upper: Vector
    max_velocity: Vector
    max_acceleration: Vector
    effort: Vector
    rotor_inertia: Vector
    home: Vector
    rest: Vector
    gripper: Gripper
    grasp: GraspZone
    camera: CameraMount
    depth_camera: CameraMount
    servo: ServoMap
    teleop: TeleopMap
    table_height: float
    keep_out: KeepOut
    tool_link: str
    kinematics: Kinematics

    @property
    def n(self) -> int:
        """Return the number of arm joints, the gripper not counted."""
        return len(self.joints)


@cache
def load_arm(name: str) -> ArmModel:
    """Return the model of arm ``name``.

    Raises UnknownNameError (listing the valid names) and ModelError for an incomplete folder.
    """
    try:
        folder = arm_folder(name)
    except KeyError:
        raise UnknownNameError("arm", name, arm_names()) from None
    return read_arm(folder)


def read_arm(folder: Path) -> ArmModel:
    """Return the model described by ``folder/arm.toml`` and the URDF it names.

    Raises ModelError naming the file and the missing or contradicting entry.
    """
    path = folder / "arm.toml"
    try:
        data = tomllib.loads(path.read_text())
        tree = UrdfTree.read(folder / data["urdf"])
        model = _build(data, tree)
        check_model(model)
    except (OSError, TypeError, ValueError, ElementTree.ParseError) as error:
        raise ModelError(f"{path}: {error}") from error
    except KeyError as error:
        raise ModelError(f"{path}: entry {error} is missing") from error
    return model


def _build(data: dict[str, Any], tree: UrdfTree) -> ArmModel:
    joints = tuple(data["joints"])
    limits = [tree.joint(name) for name in joints]
    n = len(joints)
    table_height = float(data["mount"]["table_height"])
    return ArmModel(
        name=data["name"],
        title=data["title"],
        urdf=tree,
        joints=joints,
        lower=_vector([joint.lower for joint in limits], n, "lower"),
        upper=_vector([joint.upper for joint in limits], n, "upper"),
        max_velocity=_vector([joint.velocity for joint in limits], n, "velocity"),
        max_acceleration=_vector(data["max_acceleration"], n, "max_acceleration"),
        effort=_vector([joint.effort for joint in limits], n, "effort"),
        rotor_inertia=_vector(data["rotor_inertia"], n, "rotor_inertia"),
        home=_vector(data["home"], n, "home"),
        rest=_vector(data["rest"], n, "rest"),
        gripper=Gripper(**data["gripper"]),
        grasp=_grasp_zone(data["grasp"], n),
        camera=CameraMount(**data["camera"]),
        depth_camera=CameraMount(**data["depth_camera"]),
        servo=_servo_map(data["servo"], n),
        teleop=TeleopMap.read(data["teleop"], joints),
        table_height=table_height,
        keep_out=_keep_out(data["keep_out"], table_height),
        tool_link=data["tool_link"],
        kinematics=make_kinematics(data["kinematics"], tree, joints, data["tool_link"]),
    )


def _grasp_zone(data: dict[str, Any], n: int) -> GraspZone:
    centre, size = tuple(data["area_centre"]), tuple(data["area_size"])
    look = _vector(data["look"], n, "grasp.look")
    return GraspZone(**{**data, "area_centre": centre, "area_size": size, "look": look})


def _keep_out(data: dict[str, Any], table_height: float) -> KeepOut:
    radii, plate = tuple(data["radii"]), tuple(data["plate"])
    return KeepOut(**{**data, "radii": radii, "plate": plate}, table_height=table_height)


def _servo_map(data: dict[str, Any], n: int) -> ServoMap:
    return ServoMap(
        centre_degrees=_vector(data["centre_degrees"], n, "servo.centre_degrees"),
        direction=_vector(data["direction"], n, "servo.direction"),
        span_degrees=_vector(data["span_degrees"], n, "servo.span_degrees"),
        gripper_degrees_zero=float(data["gripper_degrees_zero"]),
        gripper_degrees_per_degree=float(data["gripper_degrees_per_degree"]),
    )


def _vector(values: list[float], n: int, entry: str) -> Vector:
    array = np.array(values, dtype=np.float64)
    if array.shape != (n,):
        raise ModelError(f"arm.toml: {entry} has {array.size} values for {n} joints")
    array.setflags(write=False)
    return array
