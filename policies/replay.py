"""Replay memory: a preallocated ring of transitions, sampled without allocating."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.batch import Batch
from policies.errors import CheckpointError, PolicyError
from policies.observation import ObservationSpec

Array = NDArray[np.float32]


class ReplayBuffer:
    """The newest ``capacity`` transitions, in arrays laid out once.

    ``fields`` maps the name of each field of `Batch` to the shape of one transition's value;
    an image observation is one more shape here, not another class.
    """

    def __init__(self, capacity: int, spec: ObservationSpec, action_size: int) -> None:
        self.capacity = capacity
        self.fields: dict[str, tuple[int, ...]] = {
            "observation": spec.shape,
            "action": (action_size,),
            "reward": (),
            "next_observation": spec.shape,
            "discount": (),
        }
        try:
            self._arrays = {
                name: np.zeros((capacity, *shape), np.float32)
                for name, shape in self.fields.items()
            }
        except (MemoryError, ValueError) as error:
            raise PolicyError(
                f"a replay_capacity of {capacity:,} does not fit in memory: choose a smaller one"
            ) from error
        self._sampled: dict[str, Array] = {}
        self._start = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        """Return the memory of the full ring [bytes]."""
        return sum(array.nbytes for array in self._arrays.values())

    def add_batch(self, transitions: Batch) -> None:
        """Append transitions, each field [n, ...] in the order of time; the oldest give way."""
        count = len(transitions.reward)
        if count > self.capacity:
            raise ValueError(f"{count} transitions at once exceed the capacity {self.capacity}")
        first = min(count, self.capacity - self._start)
        for name, array in self._arrays.items():
            values = getattr(transitions, name)
            array[self._start : self._start + first] = values[:first]
            array[: count - first] = values[first:]
        self._start = (self._start + count) % self.capacity
        self._size = min(self._size + count, self.capacity)

    def sample(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """Return ``batch_size`` transitions drawn uniformly with replacement.

        The arrays are reused: they hold these values until the next call.
        """
        if not self._size:
            raise ValueError("the replay buffer is empty")
        indices = rng.integers(0, self._size, batch_size)
        out = self._outputs(batch_size)
        for name, array in self._arrays.items():
            # Any mode but "raise" writes straight into out; the indices are in range anyway.
            array.take(indices, axis=0, out=out[name], mode="clip")
        return Batch(**out)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the filled part of the ring and its cursor, for `load_state`."""
        arrays = {name: array[: self._size] for name, array in self._arrays.items()}
        return arrays, {"start": self._start}

    def load_state(self, arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> None:
        """Take over a state of a buffer with the same fields.

        Raises CheckpointError if the state does not fit this buffer.
        """
        sizes = {len(arrays[name]) if name in arrays else -1 for name in self.fields}
        size = min(sizes)
        if len(sizes) > 1 or not 0 <= size <= self.capacity:
            raise CheckpointError(
                f"replay of lengths {sorted(sizes)} does not fit a capacity of {self.capacity}"
            )
        for name, array in self._arrays.items():
            if arrays[name].shape[1:] != array.shape[1:]:
                raise CheckpointError(
                    f"replay field {name!r} holds values of shape {arrays[name].shape[1:]}, "
                    f"expected {array.shape[1:]}"
                )
            array[:size] = arrays[name]
        self._size, self._start = size, int(meta["start"])

    def _outputs(self, batch_size: int) -> dict[str, Array]:
        if not self._sampled or len(self._sampled["reward"]) != batch_size:
            self._sampled = {
                name: np.empty((batch_size, *shape), np.float32)
                for name, shape in self.fields.items()
            }
        return self._sampled
