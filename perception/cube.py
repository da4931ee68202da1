"""A block with a marker on each of its faces."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from perception.lens import Matrix
from perception.rigid import transform

FACES = ("+x", "-x", "+y", "-y", "+z", "-z")
"""Named by where they face, in the cube's frame; its origin is the middle of the cube."""

_RIGHT = {"x": (0.0, 1.0, 0.0), "y": (1.0, 0.0, 0.0), "z": (1.0, 0.0, 0.0)}


@dataclass(frozen=True, slots=True)
class CubeTarget:
    """A cube with markers in the middle of its faces, each with an id of its own.

    size: edge of the cube [m]. tag: edge of a marker's black square [m]. ids: by face; a face
    that has none is left out. slack: standard deviation of how far its faces lie off [m], all
    outward or all inward, where the cube is larger or smaller than it is meant to be.
    """

    name: str = "cube"
    size: float = 0.030
    tag: float = 0.024
    slack: float = 0.0003
    dictionary: str = "DICT_4X4_50"
    ids: Mapping[str, int] = field(default_factory=lambda: dict(zip(FACES, range(6), strict=True)))

    @property
    def faces(self) -> dict[int, Matrix]:
        """Return ``T_target_face`` [4, 4] of each marker, by id."""
        return {number: face_pose(face, self.size) for face, number in self.ids.items()}

    @property
    def upright(self) -> Matrix:
        """Return the directions [6, 3] that may point up when it lies on a table."""
        return np.concatenate([np.eye(3), -np.eye(3)])


def face_pose(face: str, size: float) -> Matrix:
    """Return ``T_cube_face`` [4, 4] of a face of a cube of that ``size`` [m].

    The face's frame is in its middle, z outward. Right on the print, x, is the cube's +y on the
    faces +x and -x, and its +x on all others; up on the print is y.
    """
    sign, axis = face[0], face[1]
    outward = np.eye(3)["xyz".index(axis)] * (1.0 if sign == "+" else -1.0)
    right = np.array(_RIGHT[axis])
    turn = np.stack([right, np.cross(outward, right), outward], axis=1)
    return transform(turn, outward * size / 2)
