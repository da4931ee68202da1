"""One joint of a recorded motion: what it was told and what it did."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot.command import Vector
from robot.recording import Recording


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Arrays [k] of one joint.

    stamps: of the samples; given: when the set-points count as given, which is the middle of the
    time for which each holds [s]. targets: set-points; measured: at the stamps [rad]. slow:
    whether the motion was.
    """

    stamps: Vector
    given: Vector
    targets: Vector
    measured: Vector
    slow: NDArray[np.bool_]

    @classmethod
    def of(cls, recording: Recording, joint: int) -> "Course":
        """Return the course of ``joint`` 0, 1, … of at least two samples."""
        stamps = recording.stamps
        return cls(
            stamps=stamps,
            given=stamps + 0.5 * float(np.median(np.diff(stamps))),
            targets=recording.targets[:, joint],
            measured=recording.measured[:, joint],
            slow=recording.slow,
        )

    def target(self, lag: float) -> Vector:
        """Return the set-point ``lag`` [s] before each sample [rad]."""
        earlier: Vector = np.interp(self.stamps - lag, self.given, self.targets)
        return earlier

    def rate(self, lag: float) -> Vector:
        """Return how fast the set-point moved ``lag`` [s] before each sample [rad/s]."""
        middle = 0.5 * (self.given[1:] + self.given[:-1])
        rates = np.diff(self.targets) / np.diff(self.given)
        rate: Vector = np.interp(self.stamps - lag, middle, rates)
        return rate

    def one_way(self, lag: float, travel: float) -> NDArray[np.bool_]:
        """Return where the set-point ``lag`` [s] before had turned one way for ``travel`` [rad]."""
        turned = np.sign(np.diff(self.targets, prepend=self.targets[:1]))
        moving = np.flatnonzero(turned)
        began = np.zeros(len(self.targets), dtype=int)
        reversed_at = moving[1:][np.diff(turned[moving]) != 0.0] - 1
        began[reversed_at] = reversed_at
        since = np.abs(self.targets - self.targets[np.maximum.accumulate(began)])
        clear = (since > travel).astype(float)
        there: NDArray[np.bool_] = np.interp(self.stamps - lag, self.given, clear) > 0.5
        return there
