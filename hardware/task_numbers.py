"""A task's configuration as plain numbers, for the wire, and back with every number judged."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, get_type_hints

from robot.errors import RobotError
from robot.model import ArmModel
from robot.task import GraspTaskConfig

RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, 1000),
    "period": (0.01, 0.2),
    "step_size": (0.0, 0.1),
    "leash": (0.0, 0.2),
    "margin": (0.0, 0.1),
    "descent_steps": (1, 1000),
    "block_size": (0.005, 0.2),
    "narrowest_block": (0.005, 0.2),
    "clearance": (0.0, 0.1),
    "close_steps": (1, 200),
    "lift_steps": (1, 200),
    "settle_steps": (0, 200),
    "hold_steps": (1, 200),
}
"""Between which values each field is taken from elsewhere, in the field's own unit."""

_OPTIONAL = {field.name for field in fields(GraspTaskConfig) if field.default is None}
_WHOLE = {name for name, kind in get_type_hints(GraspTaskConfig).items() if kind is int}


def task_numbers(config: GraspTaskConfig) -> dict[str, float]:
    """Return the fields of ``config`` as numbers; those that are None are left out."""
    return {name: float(value) for name, value in asdict(config).items() if value is not None}


def read_task(numbers: Mapping[str, float], model: ArmModel) -> GraspTaskConfig:
    """Return what ``task_numbers`` was given, for ``model``.

    Raises RobotError naming a field that is missing, unknown, out of its range or not whole, or
    a block that the jaws do not span.
    """
    for name in RANGES.keys() - _OPTIONAL - numbers.keys():
        raise RobotError(f"task: {name} is missing")
    values: dict[str, Any] = {name: _checked(name, value) for name, value in numbers.items()}
    config = GraspTaskConfig(**values)
    widest = model.gripper.max_opening
    if not (config.narrowest_block or 0.0) <= config.block_size < widest:
        raise RobotError(
            f"task: blocks from {config.narrowest_block} to {config.block_size} m, but the jaws of"
            f" this {model.name} open to {widest} m"
        )
    return config


def _checked(name: str, value: float) -> float | int:
    if name not in RANGES:
        raise RobotError(f"task: {name[:60]!r} is unknown; the fields are {', '.join(RANGES)}")
    low, high = RANGES[name]
    if not low <= value <= high:
        raise RobotError(f"task: {name} is {value}, {low:g} to {high:g} is taken")
    if name not in _WHOLE:
        return value
    if value != int(value):
        raise RobotError(f"task: {name} is {value}, not a whole number")
    return int(value)
