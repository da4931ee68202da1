"""Joint limits that ``arm.toml`` states where a URDF has none, or not the maker's."""

from dataclasses import replace
from typing import Any

from robot.errors import ModelError, UnknownNameError
from robot.joint_values import joint_values
from robot.urdf_tree import UrdfTree

_FIELDS = {"lower": "lower", "upper": "upper", "max_velocity": "velocity", "effort": "effort"}
_SLACK = 1e-6  # [rad] by which a limit may seem to leave that of a URDF with fewer digits


def with_limits(tree: UrdfTree, joints: tuple[str, ...], table: dict[str, Any]) -> UrdfTree:
    """Return ``tree`` with the limits of the table ``[limits]``, one value a joint each.

    lower, upper: [rad], within those of the URDF; max_velocity: [rad/s]; effort: [N·m]. Raises
    ModelError for another number of values or a joint that would turn further than the URDF has
    it, UnknownNameError for another limit.
    """
    limited = dict(tree.joints)
    for entry, values in table.items():
        if entry not in _FIELDS:
            raise UnknownNameError("limit in arm.toml", entry, _FIELDS)
        for name, value in zip(
            joints, joint_values(values, len(joints), f"limits.{entry}").tolist(), strict=True
        ):
            _check_inside(tree, name, entry, value)
            limited[name] = replace(limited[name], **{_FIELDS[entry]: value})
    return replace(tree, joints=limited)


def _check_inside(tree: UrdfTree, name: str, entry: str, value: float) -> None:
    joint = tree.joint(name)
    inside = joint.lower - _SLACK <= value <= joint.upper + _SLACK
    if entry in ("lower", "upper") and not inside:
        raise ModelError(
            f"arm.toml: limits.{entry} of {name!r} is {value:g} rad, but {tree.path.name} has it"
            f" turn from {joint.lower:g} to {joint.upper:g}"
        )
