"""The little of a URDF that is needed without a simulator: joints, origins, limits."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from robot.command import Vector
from robot.errors import ModelError


@dataclass(frozen=True, slots=True, eq=False)
class UrdfJoint:
    """One joint: its links, origin (xyz [m], rpy [rad]), axis and limits."""

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


@dataclass(frozen=True, slots=True, eq=False)
class UrdfTree:
    """All joints of a URDF file by name, and the file's path for messages."""

    path: Path
    joints: dict[str, UrdfJoint]

    @classmethod
    def read(cls, path: Path) -> "UrdfTree":
        """Parse ``path``. Raises ModelError, OSError or ElementTree.ParseError."""
        root = ElementTree.parse(path).getroot()
        joints = [_read_joint(element, path) for element in root.findall("joint")]
        return cls(path, {joint.name: joint for joint in joints})

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
            raise ModelError(f"{self.path.name}: no joint leads to link {tip!r}")
        chain: list[UrdfJoint] = []
        while tip in by_child:
            chain.append(by_child[tip])
            tip = by_child[tip].parent
        return chain[::-1]


def _read_joint(element: ElementTree.Element, path: Path) -> UrdfJoint:
    name = element.get("name", "?")
    try:
        return _joint(element, name, path)
    except ValueError as error:
        raise ModelError(f"{path.name}: joint {name!r}: {error}") from error


def _joint(element: ElementTree.Element, name: str, path: Path) -> UrdfJoint:
    limit = element.find("limit")
    kind = element.get("type", "?")
    if kind == "revolute" and limit is None:
        raise ModelError(f"{path.name}: joint {name!r} has no <limit>")
    mimic = element.find("mimic")
    return UrdfJoint(
        name=name,
        kind=kind,
        parent=_link(element, "parent", name, path),
        child=_link(element, "child", name, path),
        xyz=_triple(element.find("origin"), "xyz", "0 0 0"),
        rpy=_triple(element.find("origin"), "rpy", "0 0 0"),
        axis=_triple(element.find("axis"), "xyz", "1 0 0"),
        lower=_number(limit, "lower"),
        upper=_number(limit, "upper"),
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


def _number(limit: ElementTree.Element | None, key: str) -> float:
    return 0.0 if limit is None else float(limit.get(key, "0"))
