"""Refuse a URDF that PyBullet would load with made-up masses, or without its shapes."""

from pathlib import Path
from xml.etree import ElementTree

from robot.errors import ModelError
from robot.urdf_tree import UrdfTree


def check_bodies(tree: UrdfTree) -> None:
    """Raise ModelError for the first link of ``tree`` without its mesh files or its inertia.

    A link that a joint moves needs a mass and an inertia above zero. One that is fixed to another
    needs to say that it has none: PyBullet takes a link that says nothing to weigh a kilogram.
    """
    fixed = {joint.child for joint in tree.joints.values() if joint.kind == "fixed"}
    moved = {joint.child for joint in tree.joints.values() if joint.kind != "fixed"}
    for link in ElementTree.parse(tree.path).getroot().findall("link"):
        name = link.get("name", "?")
        where = f"{tree.path.name}: link {name!r}"
        _check_meshes(link, where, tree.path.parent)
        if name in moved:
            _check_inertia(link, where)
        elif name in fixed and link.find("inertial/mass") is None:
            raise ModelError(f"{where} has no <inertial>: give it one, of mass 0 if it has none")


def _check_meshes(link: ElementTree.Element, where: str, folder: Path) -> None:
    for mesh in link.iterfind(".//geometry/mesh"):
        file = mesh.get("filename", "").removeprefix("package://").removeprefix("file://")
        # As PyBullet does: beside the URDF, or beside any folder that it is in.
        if not any((above / file).is_file() for above in (folder, *folder.parents)):
            raise ModelError(
                f"{where}: its mesh {file!r} is not in {folder}, nor in any folder above: put it"
                " there, or give the link a shape such as <box>"
            )


def _check_inertia(link: ElementTree.Element, where: str) -> None:
    mass, inertia = link.find("inertial/mass"), link.find("inertial/inertia")
    if mass is None or inertia is None:
        raise ModelError(
            f"{where} moves, so give it an <inertial> with mass and inertia, which it has not"
        )
    if not _number(mass, "value", where) > 0.0:
        raise ModelError(
            f"{where} moves and its mass is {mass.get('value')}: it must be above zero"
        )
    least = min(_number(inertia, axis, where) for axis in ("ixx", "iyy", "izz"))
    if not least > 0.0:
        raise ModelError(f"{where} moves and has an inertia of {least} about an axis: above zero")


def _number(element: ElementTree.Element, name: str, where: str) -> float:
    text = element.get(name, "0")
    try:
        return float(text)
    except ValueError:
        raise ModelError(f"{where}: its {element.tag} has {name}={text!r}, no number") from None
