"""What was found out about the servos of one arm, as a file that whoever simulates it reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite, pi
from pathlib import Path
from typing import Any

from robot.errors import RobotError
from robot.estimate import Estimate
from robot.model import ArmModel

FORMAT = "twinarm-servos"
VERSION = 1

Estimates = tuple[Estimate | None, ...]
Window = tuple[float, float]

_SCALARS: dict[str, Window] = {
    "lag_s": (0.0, 2.0),
    "speed_rad_s": (0.01, 100.0),
    "backlash_rad": (0.0, 0.5),
}
_PER_JOINT: dict[str, Window] = {"zero_offset_rad": (-pi / 2, pi / 2), "joint_gain": (0.5, 2.0)}
_TEXTS = ("format", "arm", "date", "source")
_FIELDS = (*_TEXTS, "version", "residual_m", *_SCALARS, *_PER_JOINT)


@dataclass(frozen=True, slots=True)
class IdentifiedServos:
    """The servos of one arm; None where measuring did not tell.

    date: ISO. source: how it was measured. residual: what the tool was away from where these
    servos have it, root mean square [m], None if nobody saw the tool.
    lag: from a set-point to its effect in slow motion [s]. speed: greatest [rad/s].
    backlash: play of the joints between the two ways to turn [rad].
    zero_offset: true angle of each joint where its servo says zero [rad].
    joint_gain: true turn of each joint for one radian of its servo.
    """

    arm: str
    date: str
    source: str
    lag: Estimate | None
    speed: Estimate | None
    backlash: Estimate | None
    zero_offset: Estimates
    joint_gain: Estimates
    residual: float | None

    def to_json(self) -> dict[str, Any]:
        """Return what ``read_servos`` reads, as plain JSON values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "arm": self.arm,
            "date": self.date,
            "source": self.source,
            "residual_m": self.residual,
            "lag_s": _plain(self.lag),
            "speed_rad_s": _plain(self.speed),
            "backlash_rad": _plain(self.backlash),
            "zero_offset_rad": [_plain(one) for one in self.zero_offset],
            "joint_gain": [_plain(one) for one in self.joint_gain],
        }


def read_servos(path: Path, model: ArmModel) -> IdentifiedServos:
    """Return the servos of ``model`` in ``path``, as ``twinarm identify`` wrote them.

    Raises RobotError naming the file and the entry if it is for another arm, or anything in it
    is missing, unknown, not finite or impossible.
    """
    try:
        data = json.loads(path.read_text(), parse_constant=_refuse_constant)
        return servos_from_json(data, model)
    except (OSError, ValueError, RecursionError) as error:
        raise RobotError(f"{path}: cannot be read as a servo file: {error}") from error
    except RobotError as error:
        raise RobotError(f"{path}: {error}") from error


def servos_from_json(data: Any, model: ArmModel) -> IdentifiedServos:
    """Return the servos that ``data`` describes. Raises RobotError as ``read_servos`` does."""
    _check_head(data, model)
    scalars = {name: _estimate(name, data[name], window) for name, window in _SCALARS.items()}
    joints = {
        name: _estimates(name, data[name], window, model.n) for name, window in _PER_JOINT.items()
    }
    residual = data["residual_m"]
    return IdentifiedServos(
        arm=data["arm"],
        date=data["date"],
        source=data["source"],
        lag=scalars["lag_s"],
        speed=scalars["speed_rad_s"],
        backlash=scalars["backlash_rad"],
        zero_offset=joints["zero_offset_rad"],
        joint_gain=joints["joint_gain"],
        residual=None if residual is None else _number("residual_m", residual, (0.0, 1.0)),
    )


def _check_head(data: Any, model: ArmModel) -> None:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise RobotError("no servo file: `twinarm identify` writes one")
    if data.get("version") != VERSION:
        raise RobotError(f"servo file of version {data.get('version')!r}, not {VERSION}")
    _check_names(data, _FIELDS, "the file")
    for name in _TEXTS:
        if not isinstance(data[name], str):
            raise RobotError(f"{name} {data[name]!r} is not a text")
    if data["arm"] != model.name:
        raise RobotError(
            f"these servos are those of a {data['arm']!r}, not of a {model.name!r}: identify this"
            " arm, or name its own file"
        )
    try:
        date.fromisoformat(data["date"])
    except ValueError:
        raise RobotError(f"date {data['date']!r} is no date such as 2026-03-31") from None


def _check_names(data: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    missing = [name for name in names if name not in data]
    extra = [name for name in data if name not in names]
    if missing or extra:
        raise RobotError(
            f"{where} must have exactly {', '.join(names)}"
            f" (missing: {', '.join(missing) or 'none'}; unknown: {', '.join(extra) or 'none'})"
        )


def _estimates(name: str, values: Any, window: Window, n: int) -> Estimates:
    if not isinstance(values, list) or len(values) != n:
        raise RobotError(f"{name} is not a list of {n}, one for each joint")
    return tuple(_estimate(f"{name}[{i}]", value, window) for i, value in enumerate(values))


def _estimate(name: str, value: Any, window: Window) -> Estimate | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise RobotError(f"{name} is neither null nor a value with its std")
    _check_names(value, ("value", "std"), name)
    return Estimate(
        _number(f"{name}.value", value["value"], window),
        _number(f"{name}.std", value["std"], (0.0, window[1])),
    )


def _number(name: str, value: Any, window: Window) -> float:
    low, high = window
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and isfinite(value) and low <= value <= high):
        raise RobotError(f"{name} is {value!r}, not a number from {low:g} to {high:g}")
    return float(value)


def _plain(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else {"value": estimate.value, "std": estimate.std}


def _refuse_constant(name: str) -> float:
    raise RobotError(f"{name} is not a number")
