"""Forward and inverse kinematics of an arm, whichever way they are computed."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot.command import Vector
from robot.errors import UnknownNameError
from robot.urdf_tree import UrdfTree

Matrix = NDArray[np.float64]


class Kinematics(Protocol):
    """Where the tool is for given joint positions, and the way back."""

    def forward(self, q: Vector) -> Matrix:
        """Return ``T_base_tool`` [4, 4] at joint positions ``q`` [n] [rad]."""

    def tool_position(self, q: Vector) -> tuple[float, float, float]:
        """Return the tool point in the base frame [m]."""

    def points(self, q: Vector) -> Matrix:
        """Return points along the arm [k, 3] in the base frame [m], the tool point last."""

    def jacobian(self, q: Vector) -> Matrix:
        """Return the geometric Jacobian [6, n]: tool linear then angular velocity, base frame."""

    def inverse(self, T_base_tool: Matrix, near: Vector) -> Vector:
        """Return the joint positions [n] that reach ``T_base_tool``, nearest to ``near`` [n].

        Raises UnreachableError that says why.
        """


def make_kinematics(
    kind: str, tree: UrdfTree, joints: tuple[str, ...], tool_link: str
) -> Kinematics:
    """Return the kinematics that ``arm.toml`` names, with lengths taken from the URDF.

    Raises UnknownNameError for a kind that does not exist.
    """
    from robot.chain_kinematics import ChainKinematics
    from robot.dofbot_kinematics import DofbotKinematics
    from robot.ur5_kinematics import Ur5Kinematics

    kinds: dict[str, Callable[[UrdfTree, tuple[str, ...], str], Kinematics]] = {
        "chain": ChainKinematics.from_urdf,
        "dofbot": DofbotKinematics.from_urdf,
        "ur5": Ur5Kinematics.from_urdf,
    }
    if kind not in kinds:
        raise UnknownNameError("kinematics", kind, kinds)
    return kinds[kind](tree, joints, tool_link)
