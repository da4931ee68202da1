"""One arm's joint calibration as a file that a person can read.

JSON: kind, arm, board, date, and for every servo its name, its direction (1: counts grow with the
joint angle), its zero [counts] and its gain relative to a servo that is as the vendor says.
"""

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from hardware.servos.boards import Board
from hardware.servos.calibration import Calibration, limited, nominal
from hardware.servos.servo_entry import ServoEntry, entries, servo_limits, servo_names
from robot.errors import RobotError
from robot.machine_files import machine_folder, write_whole
from robot.model import ArmModel

KIND = "joints"


class CalibrationError(RobotError):
    """A calibration is missing, damaged, absurd or of another arm; the message says the mend."""


def default_calibration_path(model: ArmModel, board: Board) -> Path:
    """Return where the calibration of the ``model`` on ``board`` of this machine lies.

    It is below ``$TWINARM_CALIBRATION``, else ``~/.config/twinarm``.
    """
    return machine_folder() / f"joints-{model.name}-{board.name}.json"


def save_calibration(path: Path, calibration: Calibration, model: ArmModel, board: Board) -> None:
    """Write ``calibration`` to ``path``, whole or not at all.

    Raises CalibrationError if it is absurd, of another arm, or cannot be written.
    """
    data = {
        "kind": KIND,
        "arm": calibration.arm,
        "board": calibration.board,
        "date": datetime.datetime.now().astimezone().date().isoformat(),
        "servos": [asdict(entry) for entry in entries(calibration, model, board)],
    }
    _calibration(str(path), data, model, board)
    try:
        write_whole(path, (json.dumps(data, indent=2) + "\n").encode())
    except OSError as error:
        raise CalibrationError(
            f"{path}: cannot be written: {error.strerror}; choose another with --out"
        ) from error


def load_calibration(path: Path, model: ArmModel, board: Board) -> Calibration:
    """Return the calibration in ``path``, of this arm on this board.

    Raises CalibrationError that says what is wrong and the mend.
    """
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise CalibrationError(
            f"no calibration at {path}: `twinarm calibrate joints` makes one"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(str(path), f"cannot be read: {error}") from error
    return _calibration(str(path), data, model, board)


def _calibration(path: str, data: Any, model: ArmModel, board: Board) -> Calibration:
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise _damaged(path, "is no calibration of joints")
    for what, expected in (("arm", model.name), ("board", board.name)):
        if data.get(what) != expected:
            raise CalibrationError(
                f"{path}: made for the {what} {data.get(what)!r}, not for {expected!r}; choose "
                f"that {what}, or another file with --calibration, or calibrate anew: "
                "`twinarm calibrate joints`"
            )
    names = servo_names(model)
    rows = data.get("servos")
    if not isinstance(rows, list) or len(rows) != len(names):
        count = len(rows) if isinstance(rows, list) else "no"
        raise _damaged(path, f"has {count} servos, the {model.title} has {len(names)}")
    scales = []
    lines = zip(names, rows, nominal(model, board).servos, servo_limits(model), strict=True)
    for name, row, usual, limits in lines:
        entry = _entry(path, name, row)
        if fault := entry.fault(usual):
            raise _damaged(path, f"{name}: {fault}")
        scales.append(limited(board, entry.zero, entry.per_radian(usual), limits))
    return Calibration(model.name, board.name, tuple(scales))


def _entry(path: str, name: str, row: Any) -> ServoEntry:
    """Return the entry of servo ``name``. Raises CalibrationError unless it has just the fields."""
    expected = [field.name for field in fields(ServoEntry)]
    if not isinstance(row, Mapping) or sorted(row) != sorted(expected):
        raise _damaged(path, f"{name}: needs exactly {', '.join(expected)}")
    if row["name"] != name:
        raise _damaged(path, f"{row['name']!r} stands where {name!r} is expected")
    for field in expected[1:]:
        if not _is_number(row[field]):
            raise _damaged(path, f"{name}: {field} {row[field]!r} is no sensible number")
    return ServoEntry(**row)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6


def _damaged(path: str, why: str) -> CalibrationError:
    return CalibrationError(f"{path}: {why}; calibrate anew: `twinarm calibrate joints`")
