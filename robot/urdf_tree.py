"""The little of a URDF that is needed without a simulator: joints, origins, limits."""

from dataclasses import dataclass
from math import inf
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from robot.command import Vector
from robot.errors import ModelError
from robot.urdf_check import check_tree
from robot.urdf_joint import UrdfJoint


@dataclass(frozen=True, slots=True, eq=False)
class UrdfTree:
    """All joints of a URDF file by name, its links, and the file's path for messages."""

    path: Path
    joints: dict[str, UrdfJoint]
    links: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "UrdfTree":
        """Parse ``path``.

        Raises OSError, and ModelError unless it is XML whose links and joints make one tree and
        whatever is mimicked is there.
        """
        try:
            root = ElementTree.parse(path).getroot()
        except ElementTree.ParseError as error:
            raise ModelError(f"{path.name}: no well-formed XML: {error}") from error
        joints = [_read_joint(element, path) for element in root.findall("joint")]
        links = tuple(link.get("name", "?") for link in root.findall("link"))
        check_tree(path.name, joints, links)
        return cls(path, {joint.name: joint for joint in joints}, links)

    def joint(self, name: str) -> UrdfJoint:
        """Return joint ``name``. Raises ModelError listing the joints there are."""
        if name not in self.joints:
            raise ModelError(
                f"{self.path.name}: no joint {name!r} (there are: {', '.join(self.joints)})"
            )
        return self.joints[name]

    def chain(self, tip: str) -> list[UrdfJoint]:
        """Return the joints from the root link to link ``tip``, in order."""
        by_child = {joint.child: joint for joint in self.joints.values()}
        if tip not in by_child:
            raise ModelError(
                f"{self.path.name}: no joint leads to link {tip!r} (links: {', '.join(self.links)})"
            )
        chain: list[UrdfJoint] = []
        while tip in by_child:
            chain.append(by_child[tip])
            tip = by_child[tip].parent
        return chain[::-1]

    def leader(self, name: str) -> tuple[str, float]:
        """Return the joint that ``name`` follows in the end, itself if none, and how far.

        That is by how much it turns, or slides, for one of that joint. Raises ModelError for
        joints that mimic each other in a circle.
        """
        ratio, at = 1.0, self.joint(name)
        for _ in self.joints:
            if at.mimic is None:
                return at.name, ratio
            ratio, at = ratio * at.mimic_multiplier, self.joint(at.mimic)
        raise ModelError(f"{self.path.name}: joint {name!r} mimics itself, by way of others")


def _read_joint(element: ElementTree.Element, path: Path) -> UrdfJoint:
    name = element.get("name", "?")
    try:
        return _joint(element, name, path)
    except ValueError as error:
        raise ModelError(f"{path.name}: joint {name!r}: {error}") from error


def _joint(element: ElementTree.Element, name: str, path: Path) -> UrdfJoint:
    limit = element.find("limit")
    kind = element.get("type", "?")
    if kind in ("revolute", "prismatic") and limit is None:
        raise ModelError(
            f"{path.name}: joint {name!r} is {kind} and has no <limit>: give it one, with lower,"
            " upper, effort and velocity"
        )
    endless = inf if kind == "continuous" else 0.0
    mimic = element.find("mimic")
    return UrdfJoint(
        name=name,
        kind=kind,
        parent=_link(element, "parent", name, path),
        child=_link(element, "child", name, path),
        xyz=_triple(element.find("origin"), "xyz", "0 0 0"),
        rpy=_triple(element.find("origin"), "rpy", "0 0 0"),
        axis=_unit(_triple(element.find("axis"), "xyz", "1 0 0"), kind),
        lower=-endless or _number(limit, "lower"),
        upper=endless or _number(limit, "upper"),
        effort=_number(limit, "effort"),
        velocity=_number(limit, "velocity"),
        mimic=None if mimic is None else mimic.get("joint"),
        mimic_multiplier=1.0 if mimic is None else float(mimic.get("multiplier", "1")),
    )


def _link(element: ElementTree.Element, role: str, joint: str, path: Path) -> str:
    found = element.find(role)
    if found is None or found.get("link") is None:
        raise ModelError(f"{path.name}: joint {joint!r} has no <{role} link=…>")
    return str(found.get("link"))


def _triple(element: ElementTree.Element | None, key: str, default: str) -> Vector:
    text = default if element is None else element.get(key, default)
    x, y, z = (float(part) for part in text.split())
    return np.array((x, y, z))


def _unit(axis: Vector, kind: str) -> Vector:
    length = float(np.linalg.norm(axis))
    if kind != "fixed" and not length > 0.0:
        raise ValueError("its axis has no direction")
    return axis / length if length > 0.0 else axis


def _number(limit: ElementTree.Element | None, key: str) -> float:
    return 0.0 if limit is None else float(limit.get(key, "0"))
