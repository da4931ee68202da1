"""A ring of observations, each stored once in its own compact dtype and known by its number."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.errors import CheckpointError
from policies.observation import ObservationSpec

Numbers = NDArray[np.int64]


class FrameRing:
    """The newest ``capacity`` observations. The first one ever added has the number 0.

    The memory is the operating system's to commit as the ring fills.
    """

    def __init__(self, capacity: int, spec: ObservationSpec) -> None:
        self.capacity, self.spec = capacity, spec
        self.written = 0
        self._frames = np.zeros((capacity, *spec.shape), spec.dtype)

    @property
    def nbytes(self) -> int:
        """Return the memory of the full ring [bytes]."""
        return self._frames.nbytes

    @property
    def oldest(self) -> int:
        """Return the number of the oldest frame that is not overwritten."""
        return max(0, self.written - self.capacity)

    def add(self, observations: NDArray[Any]) -> Numbers:
        """Append packed observations [n, ...], n ≤ capacity; return their numbers [n]."""
        numbers = np.arange(self.written, self.written + len(observations))
        self._frames[numbers % self.capacity] = observations
        self.written += len(observations)
        return numbers

    def take(self, numbers: Numbers, out: NDArray[Any]) -> None:
        """Copy the frames with ``numbers`` [n], none older than `oldest`, to ``out`` [n, ...].

        Overwrites ``numbers``.
        """
        rows = np.remainder(numbers, self.capacity, out=numbers)
        # Any mode but "raise" writes straight into out; the rows are in range anyway.
        self._frames.take(rows, axis=0, out=out, mode="clip")

    def state(self) -> tuple[NDArray[Any], int]:
        """Return the filled part of the ring, for `load_state`."""
        return self.spec.to_plain(self._frames[: self.written]), self.written

    def load_state(self, frames: NDArray[Any], written: int) -> None:
        """Take over a state. Raises CheckpointError if it does not fit this ring."""
        filled = min(written, self.capacity)
        if len(frames) != filled:
            raise CheckpointError(
                f"{len(frames)} of {written} frames do not fit a ring of {self.capacity}"
            )
        self._frames[:filled] = self.spec.from_plain(frames)
        self.written = written
