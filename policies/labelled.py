"""Observations with the actions that a teacher would take there."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.errors import CheckpointError, PolicyError
from policies.frames import FrameRing
from policies.observation import ObservationSpec

Array = NDArray[np.float32]
Arrays = dict[str, NDArray[Any]]


class LabelledFrames:
    """The newest ``capacity`` observations, each with an action [a]."""

    def __init__(self, capacity: int, spec: ObservationSpec, action_size: int) -> None:
        self.capacity = capacity
        try:
            self._frames = FrameRing(capacity, spec)
            self._actions = np.zeros((capacity, action_size), np.float32)
        except (MemoryError, ValueError) as error:
            raise PolicyError(
                f"a replay_capacity of {capacity:,} does not fit in memory: choose a smaller one"
            ) from error

    def __len__(self) -> int:
        return self._frames.written - self._frames.oldest

    @property
    def nbytes(self) -> int:
        """Return the memory of all that fits in [bytes]."""
        return self._frames.nbytes + self._actions.nbytes

    def add(self, observations: NDArray[Any], actions: Array) -> None:
        """Append packed observations [n, ...] with actions [n, a]; the oldest give way."""
        numbers = self._frames.add(observations)
        self._actions[numbers % self.capacity] = actions

    def draw(self, rng: np.random.Generator, observations: NDArray[Any], actions: Array) -> None:
        """Write some, drawn uniformly with replacement, into ``observations`` and ``actions``."""
        numbers = rng.integers(self._frames.oldest, self._frames.written, len(actions))
        # Any mode but "raise" writes straight into out; the rows are in range anyway.
        self._actions.take(numbers % self.capacity, axis=0, out=actions, mode="clip")
        self._frames.take(numbers, observations)

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Return all of them, for `load_state`."""
        frames, written = self._frames.state()
        return {"frames": frames, "actions": self._actions[: len(self)]}, {"written": written}

    def load_state(self, arrays: Arrays, meta: dict[str, Any]) -> None:
        """Take over a state of the same fields. Raises CheckpointError if it does not fit."""
        self._frames.load_state(arrays["frames"], int(meta["written"]))
        actions = arrays["actions"]
        if actions.shape != (len(self), self._actions.shape[1]):
            raise CheckpointError(f"actions of shape {actions.shape} for {len(self)} observations")
        self._actions[: len(self)] = actions
