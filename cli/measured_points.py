"""Where a person measured the tool: answers at a prompt, and the file that keeps them."""

import csv
from collections.abc import Callable
from math import isfinite, nan, radians
from pathlib import Path

import numpy as np

from cli.console import console
from cli.typed_lines import TypedLines
from robot.command import Vector
from robot.errors import RobotError
from robot.tool_fix import POSE_SIZE, ToolFix

COLUMNS = ("visit", "x_mm", "y_mm", "z_mm", "heading_deg")
SKIP = "-"
"""Answer where the tool cannot be measured."""

_FARTHEST = 2000.0  # [mm] more is a slip of the pen
_MOST = 180.0  # [deg]


class AskedProbe:
    """Asks whoever stands beside the arm to read the tool off the grid on the table.

    Every answer goes to a file at once, so that nothing is lost; ``FiledProbe`` reads it.
    """

    blind = False
    source = "read off by a person"

    def __init__(self, visits: int, path: Path) -> None:
        """Expect ``visits`` questions; keep the answers in ``path``. Raises RobotError."""
        self._visits, self._path = visits, path
        self._write(COLUMNS, "w")

    def look(self, visit: int, measured: Vector, hold: Callable[[], object]) -> ToolFix:
        """Ask until the answer makes sense; the arm is held meanwhile. Raises RobotError."""
        lines = TypedLines()
        while True:
            console.print(
                f"{visit + 1}/{self._visits}: tool at x y [z] [jaw heading] in mm and deg?"
                f" ({SKIP} to skip)",
                markup=False,
            )
            while (line := lines.next()) is None:
                hold()
            try:
                answer = parse_answer(line)
            except RobotError as error:
                console.print(f"{error}", markup=False)
                continue
            self._write((visit, *("" if value is None else value for value in answer)), "a")
            return _fix(answer)

    def _write(self, row: tuple[object, ...], mode: str) -> None:
        try:
            with self._path.open(mode, newline="") as file:
                csv.writer(file).writerow(row)
        except OSError as error:
            raise RobotError(f"{self._path}: cannot be written: {error}") from error


class FiledProbe:
    """Takes what was measured from a file, by the number of the visit."""

    blind = False

    def __init__(self, path: Path, visits: int) -> None:
        """Read ``path``, which is for ``visits``. Raises RobotError naming line and mend."""
        self.source = f"measured, {path.name}"
        self._fixes = read_measured(path)
        if len(self._fixes) != visits:
            raise RobotError(
                f"{path}: {len(self._fixes)} visits are measured, but {visits} will be made; give"
                " the options with which it was measured"
            )

    def look(self, visit: int, measured: Vector, hold: Callable[[], object]) -> ToolFix:
        """Return what the file says of ``visit``."""
        return self._fixes[visit]


def read_measured(path: Path) -> list[ToolFix]:
    """Return what was measured at visits 0, 1, … in ``path``; empty fields are unknown.

    Raises RobotError naming the file, the line, and what is wrong with it.
    """
    try:
        with path.open(newline="") as file:
            head, *rows = list(csv.reader(file)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RobotError(f"{path}: cannot be read: {error}") from error
    if tuple(head) != COLUMNS:
        raise RobotError(f"{path}: the first line must be {','.join(COLUMNS)}")
    fixes = []
    for number, row in enumerate(rows):
        try:
            if len(row) != len(COLUMNS) or row[0] != str(number):
                raise RobotError(f"expected visit {number} and four values, some of them empty")
            fixes.append(
                _fix([_value(i, text) if text else None for i, text in enumerate(row[1:])])
            )
        except RobotError as error:
            raise RobotError(f"{path}, line {number + 2}: {error}") from error
    return fixes


def parse_answer(line: str) -> list[float | None]:
    """Return x, y, z [mm] and heading [deg] in ``line``, None where not told. Raises RobotError."""
    words = line.replace(",", " ").split()
    if words == [SKIP]:
        return [None] * POSE_SIZE
    if not 2 <= len(words) <= POSE_SIZE:
        raise RobotError(f"{line.strip()!r} is not two to four numbers, such as: 221 -34 20")
    values: list[float | None] = [_value(i, word) for i, word in enumerate(words)]
    return values + [None] * (POSE_SIZE - len(values))


def _value(index: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise RobotError(f"{text!r} is not a number") from None
    most = _MOST if index == POSE_SIZE - 1 else _FARTHEST
    if not (isfinite(value) and abs(value) <= most):
        raise RobotError(f"{text} is more than {most:g} away from 0: lengths in mm, angles in deg")
    return value


def _fix(answer: list[float | None]) -> ToolFix:
    values = [nan if value is None else value for value in answer]
    return ToolFix(np.array([*(value * 1e-3 for value in values[:3]), radians(values[3])]))
