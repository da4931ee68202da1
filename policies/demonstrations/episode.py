"""One recorded episode: what was measured and what was commanded, frame by frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policies.demonstrations.errors import DemonstrationError

Matrix = NDArray[np.float32]
Stamps = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """An episode of k frames with m numbers each.

    stamps: [k] when each frame was really recorded, rising from 0 [s].
    states: [k, m] what was measured then; actions: [k, m] what was commanded then.
    environment: [k, e] what else was known then, in the order of the schema's names.
    success: whether the task was done; None if nobody could tell.
    """

    index: int
    task: str
    success: bool | None
    stamps: Stamps
    states: Matrix
    actions: Matrix
    environment: Matrix

    def __post_init__(self) -> None:
        """Raise DemonstrationError unless all are of one length, finite and in order of time."""
        k = len(self.stamps)
        if k < 2:
            raise DemonstrationError(f"episode {self.index}: {k} frames; at least 2 are needed")
        parts = (self.stamps, self.states, self.actions, self.environment)
        if self.states.shape != self.actions.shape or any(len(part) != k for part in parts):
            raise DemonstrationError(
                f"episode {self.index}: {k} stamps, but states {self.states.shape}, actions"
                f" {self.actions.shape} and environment {self.environment.shape}"
            )
        if not all(np.isfinite(part).all() for part in parts):
            raise DemonstrationError(f"episode {self.index}: a value is not finite")
        if not (np.diff(self.stamps) > 0.0).all():
            raise DemonstrationError(f"episode {self.index}: its stamps do not rise")
        for part in parts:
            part.setflags(write=False)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.stamps)

    @property
    def seconds(self) -> float:
        """Return how long it took from the first frame to the last [s]."""
        return float(self.stamps[-1] - self.stamps[0])

    @property
    def rate(self) -> float:
        """Return how many frames a second were really recorded [Hz]."""
        return (len(self) - 1) / self.seconds
