"""A list of ``arm.toml`` with one value a joint."""

import numpy as np

from robot.command import Vector
from robot.errors import ModelError


def joint_values(values: list[float], n: int, entry: str) -> Vector:
    """Return ``values`` of ``entry`` as [n], read-only. Raises ModelError for another number."""
    array = np.array(values, dtype=np.float64)
    if array.shape != (n,):
        raise ModelError(f"arm.toml: {entry} has {array.size} values for {n} joints")
    array.setflags(write=False)
    return array
