"""How the body of a person drives an arm: the table ``[teleop]`` of ``arm.toml``."""

from dataclasses import dataclass
from math import radians
from typing import Any

import numpy as np

from robot.command import Vector
from robot.errors import ModelError, UnknownNameError
from robot.kinematics import Matrix

BODY_ANGLES = ("yaw", "shoulder", "elbow", "wrist", "roll")
"""Of a person's arm [rad]; ``perception.body_angles`` says how each is measured."""


@dataclass(frozen=True, slots=True, eq=False)
class TeleopMap:
    """joint = offset + weights @ body angles.

    offset: [n] [rad]. weights: [n, 5], columns in the order of BODY_ANGLES. tool_scale: how far
    the tool moves for what the hand does. tool_tilt: how it leans from straight up [rad] where
    the arm has no grasps to lean as; straight down unless told otherwise.
    """

    offset: Vector
    weights: Matrix
    tool_scale: float
    tool_tilt: float

    @classmethod
    def read(cls, data: dict[str, Any], joints: tuple[str, ...]) -> "TeleopMap":
        """Take the table ``data``, with an entry for each of ``joints``.

        Raises KeyError, ModelError and UnknownNameError for entries missing or unknown.
        """
        rows = {name: dict(row) for name, row in data["joints"].items()}
        for name in (*rows, *joints):
            if name not in joints:
                raise UnknownNameError("joint in teleop.joints", name, joints)
            if name not in rows:
                raise ModelError(f"arm.toml: teleop.joints says nothing of {name!r}")
        scale = float(data["tool_scale"])
        if not scale > 0.0:
            raise ModelError(f"arm.toml: teleop.tool_scale is {scale}: it must be above zero")
        offset = [float(rows[name].pop("offset", 0.0)) for name in joints]
        weights = [_weights(rows[name]) for name in joints]
        tilt = radians(float(data.get("tool_tilt_degrees", 180.0)))
        return cls(_frozen(offset), _frozen(weights), scale, tilt)

    def joints(self, angles: Vector) -> Vector:
        """Return joint positions [n] [rad] for body ``angles`` [5] [rad], limits not minded."""
        positions: Vector = self.offset + self.weights @ angles
        return positions


def _weights(row: dict[str, Any]) -> list[float]:
    for name in row:
        if name not in BODY_ANGLES:
            raise UnknownNameError("body angle in teleop.joints", name, (*BODY_ANGLES, "offset"))
    return [float(row.get(name, 0.0)) for name in BODY_ANGLES]


def _frozen(values: list[float] | list[list[float]]) -> Matrix:
    array = np.array(values)
    array.setflags(write=False)
    return array
