"""Something measured of a camera: values, what they are worth, and when it was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any

import numpy as np

from perception.lens import Matrix

FORMAT = "twinarm-camera"
VERSION = 1
Shapes = Mapping[str, tuple[int, ...]]

_FIELDS = (
    "format", "version", "kind", "camera", "size", "arm", "date",
    "residual_px", "residual_mm", "values", "parameters", "covariance",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class CameraCalibration:
    """Something that was measured of one camera at one size of its pictures.

    kind: what: the word after `twinarm calibrate`. camera: its name. size: width, height [px].
    values: arrays by name. parameters: names of the rows of ``covariance`` [n, n].
    residual_px, residual_mm: root mean square; None where that unit tells nothing.
    arm: whose pose it depends on, if any. day: when it was measured.
    """

    kind: str
    camera: str
    size: tuple[int, int]
    values: Mapping[str, Matrix]
    parameters: tuple[str, ...]
    covariance: Matrix
    residual_px: float | None = None
    residual_mm: float | None = None
    arm: str | None = None
    day: date = field(default_factory=date.today)

    @property
    def std(self) -> dict[str, float]:
        """Return the standard deviation of every parameter."""
        spread = np.sqrt(np.diag(self.covariance))
        return dict(zip(self.parameters, spread.tolist(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return what ``calibration_from_json`` reads, as plain JSON values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "kind": self.kind,
            "camera": self.camera,
            "size": list(self.size),
            "arm": self.arm,
            "date": self.day.isoformat(),
            "residual_px": self.residual_px,
            "residual_mm": self.residual_mm,
            "values": {name: np.asarray(value).tolist() for name, value in self.values.items()},
            "parameters": list(self.parameters),
            "covariance": self.covariance.tolist(),
        }


def calibration_from_json(data: Mapping[str, Any], shapes: Shapes) -> CameraCalibration:
    """Return the calibration that ``data`` describes, whose values have exactly these ``shapes``.

    Raises ValueError or TypeError saying what is wrong in it.
    """
    _check_names(data, _FIELDS, "the file")
    _check_names(data["values"], shapes, "values")
    width, height = data["size"]
    if not all(type(side) is int and side > 0 for side in (width, height)):
        raise ValueError(f"size {data['size']!r} is not a width and a height in pixels")
    for name in ("camera", "arm"):
        if not isinstance(data[name], str) and (name, data[name]) != ("arm", None):
            raise ValueError(f"{name} {data[name]!r} is not a name")
    names = tuple(map(str, data["parameters"]))
    covariance = _array("covariance", data["covariance"], (len(names), len(names)))
    if np.diag(covariance).min(initial=0.0) < 0.0 or not np.allclose(covariance, covariance.T):
        raise ValueError("covariance is not one: it is not symmetric, or a variance is negative")
    return CameraCalibration(
        kind=data["kind"],
        camera=data["camera"],
        size=(width, height),
        values={name: _array(name, data["values"][name], shape) for name, shape in shapes.items()},
        parameters=names,
        covariance=covariance,
        residual_px=_residual("residual_px", data["residual_px"]),
        residual_mm=_residual("residual_mm", data["residual_mm"]),
        arm=data["arm"],
        day=date.fromisoformat(data["date"]),
    )


def _check_names(data: Any, names: Iterable[str], where: str) -> None:
    if not isinstance(data, dict) or sorted(data) != sorted(names):
        raise ValueError(f"{where} must have exactly {', '.join(names)}")


def _array(name: str, value: Any, shape: tuple[int, ...]) -> Matrix:
    array = np.asarray(value, np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"{name} is not an array of {shape} finite numbers")
    return array


def _residual(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{name} is {value!r}")
    return float(value)
