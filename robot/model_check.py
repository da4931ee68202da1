"""Refuse an arm description that contradicts itself, naming the entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from robot.errors import ModelError
from robot.urdf_tree import UrdfTree

if TYPE_CHECKING:
    from robot.model import ArmModel


def check_joints(tree: UrdfTree, joints: tuple[str, ...]) -> None:
    """Raise ModelError for the first of ``joints`` that no arm can be driven by."""
    for name in joints:
        joint = tree.joint(name)
        where = f"{tree.path.name}: joint {name!r}"
        if joint.kind not in ("revolute", "continuous"):
            raise ModelError(
                f"{where} is {joint.kind}: the joints of an arm have to be revolute or continuous"
            )
        if not np.isfinite((joint.lower, joint.upper)).all():
            raise ModelError(f"{where} turns without end: give lower and upper in [limits]")


def check_model(model: ArmModel) -> None:
    """Raise ModelError for the first entry of ``model`` that no arm can have."""
    _check_joints(model)
    _check_poses(model)
    _check_gripper(model)
    _check_links(model)
    _check_keep_out(model)


def _check_keep_out(model: ArmModel) -> None:
    points = len(model.kinematics.points(model.home)) + 1
    if len(model.keep_out.radii) != points:
        raise ModelError(
            f"arm.toml: keep_out.radii has {len(model.keep_out.radii)} values,"
            f" {points - 1} points and the fingertips need {points}"
        )
    for entry, pose in model.named_poses.items():
        table, base = model.keep_out.depths(model.kinematics.points(pose))
        if max(table, base) > 0.0:
            what = "table" if table >= base else "base"
            raise ModelError(
                f"arm.toml: at {entry} the arm is {1e3 * max(table, base):.0f} mm within the {what}"
                " that [keep_out] keeps it out of"
            )


def _check_joints(model: ArmModel) -> None:
    for i, name in enumerate(model.joints):
        where = f"{model.urdf.path.name}: joint {name!r}"
        if not model.lower[i] < model.upper[i]:
            raise ModelError(
                f"{where} has lower limit {model.lower[i]} and upper limit {model.upper[i]}: it"
                " cannot turn; give lower and upper in [limits] of arm.toml"
            )
        for entry, value in (("velocity", model.max_velocity[i]), ("effort", model.effort[i])):
            if not 0.0 < value < np.inf:
                raise ModelError(
                    f"{where} has {entry} limit {value}: it must be above zero; mend the URDF or"
                    " give it in [limits] of arm.toml"
                )
        if not 0.0 < model.max_acceleration[i] < np.inf:
            raise ModelError(
                f"arm.toml: max_acceleration of {name!r} is {model.max_acceleration[i]}:"
                " it must be above zero"
            )


def _check_poses(model: ArmModel) -> None:
    for entry, pose in model.named_poses.items():
        outside = ~((model.lower <= pose) & (pose <= model.upper))
        if outside.any():
            i = int(np.argmax(outside))
            raise ModelError(
                f"arm.toml: {entry} is outside the limits of {model.joints[i]!r}: {pose[i]:g} rad,"
                f" not within {model.lower[i]:g} and {model.upper[i]:g}"
            )


def _check_gripper(model: ArmModel) -> None:
    gripper = model.gripper
    if gripper.joint is None:
        return
    model.urdf.joint(gripper.joint)
    for name, joint in model.urdf.joints.items():
        leader, _ = model.urdf.leader(name)
        if joint.mimic is not None and leader != gripper.joint:
            raise ModelError(
                f"{model.urdf.path.name}: joint {name!r} mimics {leader!r}, but it is"
                f" {gripper.joint!r} that moves the gripper in arm.toml"
            )
    if not gripper.min_opening < gripper.max_opening or gripper.max_velocity <= 0.0:
        raise ModelError(
            "arm.toml: gripper must open further at actuator_open than at actuator_closed, and"
            " have max_velocity > 0"
        )


def _check_links(model: ArmModel) -> None:
    cameras = (model.sections.camera, model.sections.depth_camera)
    for link in (*(camera.link for camera in cameras if camera), model.tool_link):
        model.urdf.chain(link)
