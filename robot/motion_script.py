"""Recorded scripts of motion: a CSV file with where the arm is to be at what time."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robot.command import JointCommand, Vector
from robot.errors import RobotError
from robot.kinematics import Matrix
from robot.model import ArmModel

_SLACK = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class MotionScript:
    """times: [k] from 0 on [s]. rows: [k, n + 1] joint positions [rad] and jaw opening [m]."""

    times: Vector
    rows: Matrix

    @property
    def duration(self) -> float:
        """Return when the last row is due [s]."""
        return float(self.times[-1])

    def at(self, t: float) -> JointCommand:
        """Return where the arm is to be at ``t`` [s], on the straight joint line between rows."""
        row = [np.interp(t, self.times, column) for column in self.rows.T]
        return JointCommand(np.array(row[:-1]), float(row[-1]))


def columns(model: ArmModel) -> list[str]:
    """Return the header of a script for an arm of ``model``."""
    return ["time_s", *(f"{name}_rad" for name in model.joints), "gripper_m"]


def read_script(path: Path, model: ArmModel) -> MotionScript:
    """Return the script in the CSV file ``path`` for an arm of ``model``.

    Raises RobotError naming the file, the line and the mend if it cannot be read, is no such
    table, goes back in time, leaves the limits of the arm, or asks for more than its speed.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = [line for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RobotError(f"{path}: no script can be read there: {error}") from error
    header = columns(model)
    if not lines or [name.strip() for name in lines[0]] != header:
        raise RobotError(f"{path}: the first line of a script has to be {','.join(header)}")
    if len(lines) < 2:
        raise RobotError(f"{path}: not one row; each is a time and where the arm is then")
    table = np.array([_numbers(path, k, line, header) for k, line in enumerate(lines[1:], 2)])
    script = MotionScript(table[:, 0] - table[0, 0], table[:, 1:])
    _check_times(path, script)
    _check_limits(path, script, model)
    _check_speeds(path, script, model)
    return script


def _numbers(path: Path, number: int, line: list[str], header: list[str]) -> list[float]:
    try:
        values = [float(value) for value in line]
    except ValueError:
        values = []
    if len(values) != len(header) or not np.isfinite(values).all():
        raise RobotError(f"{path}: row {number} is not {len(header)} finite numbers: {line}")
    return values


def _check_times(path: Path, script: MotionScript) -> None:
    late = np.flatnonzero(np.diff(script.times) <= 0.0)
    if late.size:
        raise RobotError(f"{path}: row {late[0] + 3} is not later than the one before it")


def _check_limits(path: Path, script: MotionScript, model: ArmModel) -> None:
    jaws = model.gripper
    lower = np.array([*model.lower, jaws.min_opening])
    upper = np.array([*model.upper, jaws.max_opening])
    outside = (script.rows < lower - _SLACK) | (script.rows > upper + _SLACK)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise RobotError(
            f"{path}: row {row + 2}: {columns(model)[column + 1]} is"
            f" {script.rows[row, column]:g}, outside {lower[column]:g} to {upper[column]:g}"
        )


def _check_speeds(path: Path, script: MotionScript, model: ArmModel) -> None:
    speeds = np.abs(np.diff(script.rows[:, :-1], axis=0)) / np.diff(script.times)[:, None]
    over = speeds > model.max_velocity * (1.0 + _SLACK)
    if over.any():
        row, joint = np.argwhere(over)[0]
        raise RobotError(
            f"{path}: row {row + 3}: {model.joints[joint]} would have to move at"
            f" {speeds[row, joint]:.2f} rad/s, at most {model.max_velocity[joint]:.2f}; give it"
            " more time"
        )
