"""Refuse a URDF whose joints and links do not make one tree, naming what does not fit."""

from collections.abc import Sequence

from robot.errors import ModelError
from robot.urdf_joint import UrdfJoint


def check_tree(file: str, joints: Sequence[UrdfJoint], links: Sequence[str]) -> None:
    """Raise ModelError for the first of ``joints`` and ``links`` that no tree can have.

    file: its name, for the message.
    """
    _check_once(f"{file}: joint", [joint.name for joint in joints])
    _check_once(f"{file}: link", list(links))
    _check_once(f"{file}: <child> link", [joint.child for joint in joints])
    names = [joint.name for joint in joints]
    for joint in joints:
        where = f"{file}: joint {joint.name!r}"
        for role, link in (("parent", joint.parent), ("child", joint.child)):
            if link not in links:
                raise ModelError(
                    f"{where}: its {role} link {link!r} is not in the file (links:"
                    f" {', '.join(links)})"
                )
        if joint.mimic is not None and joint.mimic not in names:
            raise ModelError(
                f"{where} mimics {joint.mimic!r}, which is no joint of the file (there are:"
                f" {', '.join(names)})"
            )
    _check_roots(file, joints, links)


def _check_once(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ModelError(f"{what} {name!r} is there {names.count(name)} times")


def _check_roots(file: str, joints: Sequence[UrdfJoint], links: Sequence[str]) -> None:
    """Refuse more than one root; where each link has one parent at most, that leaves no circle.

    A circle of links would have no root, and one beside the tree is not reached from it.
    """
    parents = {joint.child: joint.parent for joint in joints}
    roots = [link for link in links if link not in parents]
    if len(roots) != 1:
        raise ModelError(
            f"{file}: one link has to be the base, the child of no joint; here"
            f" {', '.join(roots) or 'none'} are"
        )
    for link in links:
        at = link
        for _ in links:
            at = parents.get(at, at)
        if at != roots[0]:
            raise ModelError(f"{file}: link {link!r} hangs on itself, not on {roots[0]!r}")
