"""What was recorded of an arm to find out how its servos behave: a motion, and settled visits."""

from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from robot.command import Vector
from robot.errors import RobotError
from robot.kinematics import Matrix
from robot.tool_fix import ToolFix


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """The arm at rest at one point, which it came to from one side.

    point: number of the point. side: [n] 1 where the joint turned up to get there, -1 down.
    commanded, measured: [n] joint positions [rad]; seen: the tool, from outside.
    """

    point: int
    side: Vector
    commanded: Vector
    measured: Vector
    seen: ToolFix


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A motion of all joints, sample by sample.

    stamps: [k] on the arm's clock, rising [s]. targets: [k, n] set-point given to the servos at
    the stamp [rad]; measured: [k, n] at the stamp [rad]. slow: [k] whether the motion was then
    slow enough for any servo.
    """

    stamps: Vector
    targets: Matrix
    measured: Matrix
    slow: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Raise RobotError unless all are of one length, finite and in order of time."""
        k = len(self.stamps)
        shapes = {name: getattr(self, name).shape for name in ("targets", "measured")}
        if self.slow.shape != (k,) or shapes["targets"] != shapes["measured"]:
            raise RobotError(f"recording: {k} stamps, but {shapes} and slow {self.slow.shape}")
        if self.targets.ndim != 2 or len(self.targets) != k:
            raise RobotError(f"recording: targets {shapes['targets']} are not [{k}, joints]")
        if not all(np.isfinite(getattr(self, name)).all() for name in ("stamps", *shapes)):
            raise RobotError("recording: a value is not finite")
        if not (np.diff(self.stamps) > 0.0).all():
            raise RobotError("recording: the stamps do not rise")

    def save(self, path: Path) -> None:
        """Write to ``path``, an .npz file. Raises RobotError."""
        try:
            with path.open("wb") as file:
                np.savez_compressed(file, **{f.name: getattr(self, f.name) for f in fields(self)})
        except OSError as error:
            raise RobotError(f"{path}: the recording cannot be written: {error}") from error

    @classmethod
    def load(cls, path: Path) -> "Recording":
        """Read what ``save`` wrote; nothing in it is ever executed. Raises RobotError."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**{field.name: arrays[field.name] for field in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise RobotError(f"{path}: no recording of a motion: {error}") from error


class Recorder:
    """Collects samples; one with a stamp that was already seen is left out."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, Vector, Vector, bool]] = []

    def add(self, stamp: float, target: Vector, measured: Vector, slow: bool) -> None:
        """Add the sample taken at ``stamp`` [s] unless it is the last one again."""
        if not self._rows or stamp > self._rows[-1][0]:
            self._rows.append((stamp, target, measured, slow))

    def recording(self) -> Recording:
        """Return what was collected. Raises RobotError if that is nothing."""
        if not self._rows:
            raise RobotError("recording: the arm sent no measurement")
        stamps, targets, measured, slow = zip(*self._rows, strict=True)
        return Recording(np.array(stamps), np.array(targets), np.array(measured), np.array(slow))
