"""What an arm is, read from its folder in ``urdf/``: joints, limits, gripper, kinematics."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from robot.command import Vector
from robot.errors import MissingPackageError, ModelError, RobotError, UnknownNameError
from robot.grasp_zone import GraspZone
from robot.gripper import Gripper, read_gripper
from robot.joint_values import joint_values
from robot.keep_out import KeepOut
from robot.kinematics import Kinematics, make_kinematics
from robot.limit_table import with_limits
from robot.model_check import check_joints, check_model
from robot.sections import CameraMount, Sections, ServoMap
from robot.teleop_map import TeleopMap
from robot.toml_table import read_table
from robot.urdf_path import urdf_path
from robot.urdf_tree import UrdfTree
from urdf import arm_folder, arm_names

Section = TypeVar("Section")

_ENTRIES = (
    "name", "title", "urdf", "kinematics", "tool_link", "joints", "limits", "max_acceleration",
    "rotor_inertia", "home", "rest", "gripper", "mount", "keep_out", "grasp", "camera",
    "depth_camera", "servo", "teleop", "randomization",
)  # fmt: skip


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
    sections: Sections
    table_height: float
    keep_out: KeepOut
    tool_link: str
    kinematics: Kinematics

    @property
    def n(self) -> int:
        """Return the number of arm joints, the gripper not counted."""
        return len(self.joints)

    @property
    def grasp(self) -> GraspZone:
        """Return where it grasps. Raises ModelError if it does not."""
        return self._needed(self.sections.grasp, "grasp", "every task on a table needs")

    @property
    def camera(self) -> CameraMount:
        """Return where its camera is. Raises ModelError if it has none."""
        return self._needed(self.sections.camera, "camera", "calibrating and drawing a camera need")

    @property
    def depth_camera(self) -> CameraMount:
        """Return where its depth camera is. Raises ModelError if it has none."""
        needs = "policies that see by depth need"
        return self._needed(self.sections.depth_camera, "depth_camera", needs)

    @property
    def servo(self) -> ServoMap:
        """Return what its hobby servos are told. Raises ModelError if it has none."""
        return self._needed(self.sections.servo, "servo", "servo boards, real or emulated, need")

    @property
    def teleop(self) -> TeleopMap:
        """Return how a body drives it. Raises ModelError if that is not said."""
        return self._needed(self.sections.teleop, "teleop", "moving it with a body needs")

    @property
    def reach(self) -> float:
        """Return how far from its first joint the tool can be at most, by lengths alone [m]."""
        _, *beyond = self.urdf.chain(self.tool_link)
        return float(sum(np.linalg.norm(joint.xyz) for joint in beyond))

    @property
    def named_poses(self) -> dict[str, Vector]:
        """Return every pose [n] [rad] that ``arm.toml`` gives a name, by that name."""
        grasp = self.sections.grasp
        look = {} if grasp is None else {"grasp.look": grasp.look}
        return {**look, "home": self.home, "rest": self.rest}

    def tilt(self, x: float, y: float, z: float) -> float:
        """Return how the tool leans from straight up [rad] at (x, y, z) [m] in a person's hand.

        As it grasps there, if it grasps; else as ``[teleop]`` says.
        """
        grasp = self.sections.grasp
        return self.teleop.tool_tilt if grasp is None else grasp.tilt(x, y, z)

    def _needed(self, section: Section | None, name: str, needs: str) -> Section:
        if section is None:
            raise ModelError(
                f"{self.name}: arm.toml has no [{name}], which {needs}; add it, or take an arm"
                " that has one"
            )
        return section


@cache
def load_arm(name: str) -> ArmModel:
    """Return the model of arm ``name``.

    Raises UnknownNameError (listing the valid names) and ModelError for an incomplete folder.
    """
    try:
        folder = arm_folder(name)
    except KeyError:
        raise UnknownNameError("arm", name, arm_names()) from None
    model = read_arm(folder)
    if model.name != name:
        raise ModelError(f"{folder / 'arm.toml'}: the folder is {name!r}, and name {model.name!r}")
    return model


def read_arm(folder: Path) -> ArmModel:
    """Return the model described by ``folder/arm.toml`` and the URDF it names.

    Raises ModelError naming the file and the missing or contradicting entry, and of that
    MissingPackageError for a URDF of a package that is not installed.
    """
    path = folder / "arm.toml"
    try:
        data = tomllib.loads(path.read_text())
        tree = UrdfTree.read(urdf_path(folder, data["urdf"]))
        model = _build(data, tree)
        check_model(model)
    except MissingPackageError:
        raise
    except RobotError as error:
        raise ModelError(f"arm {folder.name!r}: {error}") from error
    except (OSError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: {error}") from error
    except KeyError as error:
        raise ModelError(f"{path}: entry {error} is missing") from error
    return model


def _build(data: dict[str, Any], tree: UrdfTree) -> ArmModel:
    for entry in data:
        if entry not in _ENTRIES:
            raise UnknownNameError("entry in arm.toml", entry, _ENTRIES)
    joints = tuple(data["joints"])
    tree = with_limits(tree, joints, data.get("limits", {}))
    check_joints(tree, joints)
    limits = [tree.joint(name) for name in joints]
    n = len(joints)
    table_height = float(data["mount"]["table_height"])
    return ArmModel(
        name=data["name"],
        title=data["title"],
        urdf=tree,
        joints=joints,
        lower=joint_values([joint.lower for joint in limits], n, "lower"),
        upper=joint_values([joint.upper for joint in limits], n, "upper"),
        max_velocity=joint_values([joint.velocity for joint in limits], n, "velocity"),
        max_acceleration=joint_values(data["max_acceleration"], n, "max_acceleration"),
        effort=joint_values([joint.effort for joint in limits], n, "effort"),
        rotor_inertia=joint_values(data["rotor_inertia"], n, "rotor_inertia"),
        home=joint_values(data["home"], n, "home"),
        rest=joint_values(data["rest"], n, "rest"),
        gripper=read_gripper(data["gripper"]),
        sections=Sections.read(data, joints),
        table_height=table_height,
        keep_out=read_table(KeepOut, "keep_out", data["keep_out"], table_height=table_height),
        tool_link=data["tool_link"],
        kinematics=make_kinematics(data["kinematics"], tree, joints, data["tool_link"]),
    )
