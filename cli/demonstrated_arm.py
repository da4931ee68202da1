"""Between an arm and a dataset of demonstrations: joints [rad] and gripper [m] as plain numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.demonstrations.schema import Schema
from robot.command import ArmState, JointCommand, Vector
from robot.errors import RobotError, UnknownNameError
from robot.model import ArmModel, load_arm

GRIPPER = "gripper"


def arm_schema(
    model: ArmModel,
    rate: float,
    cameras: Mapping[str, tuple[int, int]],
    environment: tuple[str, ...] = (),
) -> Schema:
    """Return what a dataset of ``model`` records at ``rate`` [Hz].

    cameras: height and width [px] by name. environment: names of what else is known.
    """
    return Schema(model.name, (*model.joints, GRIPPER), rate, cameras, environment)


def numbers(moment: ArmState | JointCommand) -> Vector:
    """Return positions and gripper of a measurement or a command, [n + 1]."""
    return np.append(moment.positions, moment.gripper)


def command_of(row: NDArray[Any]) -> JointCommand:
    """Return the command that was recorded as ``row`` [n + 1]."""
    return JointCommand(row[:-1].astype(np.float64), float(row[-1]))


def arm_of(schema: Schema) -> ArmModel:
    """Return the arm that a dataset was recorded with.

    Raises RobotError if it is none of ours, or has other joints than ours of that name.
    """
    try:
        model = load_arm(schema.robot)
    except UnknownNameError as error:
        raise RobotError(f"recorded with an arm that is not known here: {error}") from error
    ours = (*model.joints, GRIPPER)
    if schema.names != ours:
        raise RobotError(
            f"recorded with another {model.name}: its numbers are {', '.join(schema.names)}, not"
            f" {', '.join(ours)}"
        )
    return model
