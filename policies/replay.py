"""Replay memory: transitions that refer to frames stored once, sampled without allocating."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.batch import Batch
from policies.errors import CheckpointError, PolicyError
from policies.frames import FrameRing, Numbers
from policies.nstep import Transitions
from policies.observation import ObservationSpec

Array = NDArray[np.float32]
FRAMES = ("observation", "next_observation")

STEPS_A_RESET = 16
"""Length of the episodes whose extra first frames still leave room for `capacity` transitions."""


class ReplayBuffer:
    """The newest transitions, up to ``capacity``, in arrays laid out once.

    A frame is stored once, whatever number of transitions see it. Episodes shorter than
    `STEPS_A_RESET` have more frames a transition; then the oldest transitions give way earlier,
    at worst to half of ``capacity``.

    open_sums: how many transitions may be incomplete at a time: environments × n-step.
    """

    def __init__(
        self, capacity: int, spec: ObservationSpec, action_size: int, open_sums: int = 1
    ) -> None:
        self.capacity = capacity
        # A step writes up to two frames an environment, or three where a run resumes. Sums that
        # end with their episode overtake older ones of other environments, so that frames are
        # out of order by as many as that.
        self._disorder = 3 * open_sums
        room = capacity + capacity // STEPS_A_RESET + 4 * self._disorder
        try:
            self._frames = FrameRing(room, spec)
            self._arrays: dict[str, NDArray[Any]] = {
                "observation": np.zeros(capacity, np.int64),
                "action": np.zeros((capacity, action_size), np.float32),
                "reward": np.zeros(capacity, np.float32),
                "next_observation": np.zeros(capacity, np.int64),
                "discount": np.zeros(capacity, np.float32),
            }
        except (MemoryError, ValueError) as error:
            raise PolicyError(
                f"a replay_capacity of {capacity:,} does not fit in memory: choose a smaller one"
            ) from error
        self._sampled = Batch.empty(0, spec, action_size)
        self._numbers = np.empty(0, np.int64)
        self._first = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        """Return the memory of the full buffer [bytes]."""
        return self._frames.nbytes + sum(array.nbytes for array in self._arrays.values())

    def see(self, observations: NDArray[Any]) -> Numbers:
        """Store packed observations [n, ...]; return the numbers [n] to refer to them by.

        Transitions whose frames these overwrite are forgotten.
        """
        numbers = self._frames.add(observations)
        limit = self._frames.oldest + self._disorder if self._frames.oldest else 0
        oldest = self._arrays["observation"]
        while self._size and oldest[self._first] < limit:
            self._first = (self._first + 1) % self.capacity
            self._size -= 1
        return numbers

    def add(self, transitions: Transitions) -> None:
        """Append transitions in the order of time; the oldest give way."""
        count = len(transitions)
        if count > self.capacity:
            raise ValueError(f"{count} transitions at once exceed the capacity {self.capacity}")
        rows = (self._first + self._size + np.arange(count)) % self.capacity
        for name, array in self._arrays.items():
            array[rows] = getattr(transitions, name)
        excess = max(0, self._size + count - self.capacity)
        self._first = (self._first + excess) % self.capacity
        self._size += count - excess

    def sample(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """Return ``batch_size`` transitions drawn uniformly with replacement.

        The arrays are reused: they hold these values until the next call.
        """
        if len(self._sampled) != batch_size:
            self._sampled = Batch.empty(
                batch_size, self._frames.spec, self._arrays["action"].shape[1]
            )
        self.fill(rng, self._sampled)
        return self._sampled

    def fill(self, rng: np.random.Generator, batch: Batch) -> None:
        """Write transitions drawn uniformly with replacement into the arrays of ``batch``."""
        if not self._size:
            raise ValueError("the replay buffer is empty")
        rows = rng.integers(0, self._size, len(batch))
        rows += self._first
        rows %= self.capacity
        if len(self._numbers) != len(batch):
            self._numbers = np.empty(len(batch), np.int64)
        for name, array in self._arrays.items():
            # Any mode but "raise" writes straight into out; the rows are in range anyway.
            into = self._numbers if name in FRAMES else getattr(batch, name)
            array.take(rows, axis=0, out=into, mode="clip")
            if name in FRAMES:
                self._frames.take(self._numbers, getattr(batch, name))

    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the transitions from the oldest to the newest and the frames, for `load_state`."""
        rows = (self._first + np.arange(self._size)) % self.capacity
        arrays = {name: array[rows] for name, array in self._arrays.items()}
        arrays["frames"], written = self._frames.state()
        return arrays, {"written": written}

    def load_state(self, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
        """Take over a state of a buffer with the same fields.

        Raises CheckpointError if the state does not fit this buffer.
        """
        sizes = {len(arrays[name]) if name in arrays else -1 for name in self._arrays}
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
        self._frames.load_state(arrays["frames"], int(meta["written"]))
        for name, array in self._arrays.items():
            array[:size] = arrays[name]
        self._first, self._size = 0, size
