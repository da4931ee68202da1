"""What was measured of a camera, as a file that a person can read: one form for all kinds.

JSON: format, version, kind (the word after `twinarm calibrate`), camera, size, arm, date,
residuals, values, and the covariance of the values with the names of its rows.
"""

import json
import logging
import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from perception.camera_calibration import (
    FORMAT,
    VERSION,
    CameraCalibration,
    Shapes,
    calibration_from_json,
)
from perception.errors import CalibrationRefusedError
from robot.machine_files import machine_folder, write_whole

OLD_DAYS = 90
"""After which a camera may well have been knocked or its focus turned."""

_log = logging.getLogger(__name__)


def calibration_path(kind: str, camera: str, size: tuple[int, int], arm: str | None = None) -> Path:
    """Return where this machine keeps that calibration: below ``$TWINARM_CALIBRATION``.

    Without that variable, below ``~/.config/twinarm``.
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", camera).strip("-") or "camera"
    parts = [kind, *([arm] if arm else []), plain, f"{size[0]}x{size[1]}"]
    return machine_folder() / f"{'-'.join(parts)}.json"


def write_calibration(path: Path, calibration: CameraCalibration) -> None:
    """Write ``calibration`` to ``path``, whole or not at all.

    Raises CalibrationRefusedError if anything in it is not finite, or it cannot be written.
    """
    shapes = {name: np.shape(value) for name, value in calibration.values.items()}
    data = calibration.to_json()
    _calibration(str(path), data, calibration.kind, shapes)
    try:
        write_whole(path, (json.dumps(data, indent=1) + "\n").encode())
    except OSError as error:
        raise CalibrationRefusedError(
            f"{path}: cannot be written: {error.strerror}; choose another with --out"
        ) from error


def read_calibration(
    path: Path,
    kind: str,
    shapes: Shapes,
    *,
    camera: str | None,
    size: tuple[int, int] | None,
    arm: str | None = None,
) -> CameraCalibration:
    """Return the calibration in ``path``, whose values have exactly these ``shapes``.

    It must be of that ``camera``, ``size`` and ``arm``, each unless None. One older than 90 days
    is told of in the log. Raises CalibrationRefusedError saying what is wrong and the mend.
    """
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise CalibrationRefusedError(
            f"no calibration at {path}: `twinarm calibrate {kind}` makes one"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, kind, f"cannot be read: {error}") from error
    calibration = _calibration(path, data, kind, shapes)
    expected = {"camera": camera, "size": size, "arm": arm}
    for what, value in expected.items():
        found = getattr(calibration, what)
        if value is not None and found != value:
            raise CalibrationRefusedError(
                f"{path}: made for the {what} {_words(found)}, not for {_words(value)}; name that"
                f" one's own file, or calibrate this one: `twinarm calibrate {kind}`"
            )
    _tell_if_old(path, calibration)
    return calibration


def _tell_if_old(path: Path, calibration: CameraCalibration) -> None:
    days = (date.today() - calibration.day).days
    if days > OLD_DAYS:
        _log.warning(
            "%s: %d days old; if the camera was knocked, moved or focused since, calibrate anew: "
            "`twinarm calibrate %s`", path, days, calibration.kind,
        )  # fmt: skip


def _calibration(path: Path | str, data: Any, kind: str, shapes: Shapes) -> CameraCalibration:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _damaged(path, kind, "is no calibration of a camera")
    if data.get("kind") != kind or data.get("version") != VERSION:
        version, other = data.get("version"), data.get("kind")
        raise _damaged(path, kind, f"is of kind {other!r}, version {version!r}, not {kind!r}, 1")
    try:
        return calibration_from_json(data, shapes)
    except (TypeError, ValueError, OverflowError) as error:
        raise _damaged(path, kind, str(error)) from error


def _words(value: Any) -> str:
    return f"{value[0]}x{value[1]}" if isinstance(value, tuple) else repr(value)


def _damaged(path: Path | str, kind: str, why: str) -> CalibrationRefusedError:
    return CalibrationRefusedError(f"{path}: {why}; calibrate anew: `twinarm calibrate {kind}`")
