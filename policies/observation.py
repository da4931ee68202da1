"""What one observation is: a vector of numbers, alone or with an image of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from policies.errors import CheckpointError, PolicyError

if TYPE_CHECKING:
    import gymnasium

SUPPORTED = (
    "only a flat Box can be learned from, a Dict of one uint8 Box [height, width, channels] and "
    "one flat float Box, or a Dict of flat Boxes observation, achieved_goal and desired_goal; "
    "gymnasium.wrappers.FlattenObservation makes a flat Box of others"
)
GOAL_PARTS = ("observation", "achieved_goal", "desired_goal")
"""The names that Gymnasium's goal environments give the parts of an observation."""

PRIVILEGED = "privileged"
"""Of an environment's info, and of a record."""


@dataclass(frozen=True, slots=True)
class ImagePart:
    """The image of an observation: its name in the Dict, and (height, width, channels)."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ObservationSpec:
    """The parts of an observation of a flat Box, of an image and a flat Box, or with a goal.

    Any way observations [n, ...] are one numpy array, which all but the networks pass on
    unopened: float32 [n, vector_size], or records [n] with the Dict's two fields.

    vector_size: how many numbers there are.
    vector_name: the name of that part in the Dict; None for a Box alone.
    image: the other part; None for a Box alone.
    privileged: how many more numbers the environment tells in training, of what the image shows,
        in ``info["privileged"]``. A record holds them as its last field; a policy never sees them.
    goal: how many numbers a goal has; 0 without goals. A vector then ends with the goal that is
        achieved, and the desired one relative to it: so told, what to do is nearly linear in it.
    """

    vector_size: int
    vector_name: str | None = None
    image: ImagePart | None = None
    privileged: int = 0
    goal: int = 0

    @classmethod
    def of(cls, space: gymnasium.Space[Any], privileged: int = 0) -> ObservationSpec:
        """Read what observations of ``space`` are. Raises PolicyError if it is not supported.

        ``privileged`` numbers go with an image; without one there is nothing to learn to see.
        """
        from gymnasium.spaces import Box, Dict

        if isinstance(space, Box) and len(space.shape) == 1:
            return cls(space.shape[0])
        if isinstance(space, Dict) and set(space) == set(GOAL_PARTS):
            sizes = [_flat_size(space[name]) for name in GOAL_PARTS]
            if all(sizes) and sizes[1] == sizes[2]:
                return cls(sum(sizes), goal=sizes[1])
        elif isinstance(space, Dict):
            parts = {name: part for name, part in space.items() if isinstance(part, Box)}
            images = [name for name, part in parts.items() if _is_image(part)]
            vectors = [name for name, part in parts.items() if _is_vector(part)]
            if (len(images), len(vectors), len(space)) == (1, 1, 2):
                image = ImagePart(images[0], parts[images[0]].shape)
                return cls(parts[vectors[0]].shape[0], vectors[0], image, privileged)
        raise PolicyError(f"observations are {space}, but {SUPPORTED}")

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Return float32, or the dtype of a record: the image's bytes, then the numbers."""
        if self.image is None or self.vector_name is None:
            return np.dtype(np.float32)
        image = (self.image.name, np.uint8, self.image.shape)
        fields = [image, (self.vector_name, np.float32, (self.vector_size,))]
        if self.privileged:
            fields.append((PRIVILEGED, np.float32, (self.privileged,)))
        return np.dtype(fields)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of one observation of `dtype`: (vector_size,), or () for a record."""
        return (self.vector_size,) if self.image is None else ()

    @property
    def nbytes(self) -> int:
        """Return the memory of one observation [bytes]."""
        return self.dtype.itemsize * (self.vector_size if self.image is None else 1)

    def pack(self, observation: Any, privileged: Any = None) -> NDArray[Any]:
        """Return an observation, as an environment gives it, in a new array.

        What is ``privileged`` is 0 if not given, as for a policy that only acts. Raises PolicyError
        naming the part that is missing or not what the space declares.
        """
        if self.goal:
            return self._packed_goal(*(_part(observation, name) for name in GOAL_PARTS))
        if self.image is None or self.vector_name is None:
            return np.array(observation, np.float32)
        record = np.empty((), self.dtype)
        for name, kind in ((self.image.name, "u"), (self.vector_name, "fiu")):
            part = _part(observation, name)
            if part.shape != record[name].shape or part.dtype.kind not in kind:
                raise PolicyError(
                    f"{name!r} of an observation is {part.dtype} of shape {part.shape}, "
                    f"expected {record[name].dtype} of {record[name].shape}"
                )
            record[name] = part
        if self.privileged:
            record[PRIVILEGED] = 0 if privileged is None else privileged
        return record

    def achieved(self, observations: NDArray[Any]) -> NDArray[np.float32]:
        """Return a view of the goals [..., goal] that packed observations achieve."""
        view: NDArray[np.float32] = observations[..., -2 * self.goal : -self.goal]
        return view

    def desire(self, observations: NDArray[Any], goals: NDArray[np.float32]) -> None:
        """Replace the desired goals of packed observations [..., vector_size] where they are."""
        achieved = self.achieved(observations)
        np.subtract(goals, achieved, out=observations[..., -self.goal :])

    def vector(self, observations: NDArray[Any]) -> NDArray[np.float32]:
        """Return a view of the numbers [..., vector_size] of packed observations."""
        view: NDArray[np.float32] = (
            observations if self.vector_name is None else observations[self.vector_name]
        )
        return view

    def numbers(self, observation: NDArray[Any]) -> dict[str, list[float]]:
        """Return the numbers of one packed observation by the names of its parts, for a message."""
        named = {self.vector_name or "observation": self.vector(observation).tolist()}
        if self.privileged:
            named[PRIVILEGED] = observation[PRIVILEGED].tolist()
        return named

    def is_finite(self, observations: NDArray[Any]) -> bool:
        """Return whether all numbers of packed observations are finite."""
        finite = np.isfinite(self.vector(observations)).all()
        if self.privileged:
            finite = finite and np.isfinite(observations[PRIVILEGED]).all()
        return bool(finite)

    def _packed_goal(self, seen: Any, achieved: Any, desired: Any) -> NDArray[np.float32]:
        sizes = (self.vector_size - 2 * self.goal, self.goal, self.goal)
        for name, part, size in zip(GOAL_PARTS, (seen, achieved, desired), sizes, strict=True):
            if part.shape != (size,):
                raise PolicyError(
                    f"{name!r} of an observation has shape {part.shape}, expected {(size,)}"
                )
        return np.concatenate((seen, achieved, desired - achieved), dtype=np.float32)

    def to_plain(self, observations: NDArray[Any]) -> NDArray[Any]:
        """Return packed observations [n, ...] in a dtype that files know: records as bytes."""
        if self.image is None:
            return observations
        flat = np.ascontiguousarray(observations).view(np.uint8)
        return flat.reshape(*observations.shape, self.nbytes)

    def from_plain(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return what `to_plain` was given. Raises CheckpointError if it is no such array."""
        size, kind = (self.vector_size, np.float32) if self.image is None else (self.nbytes, "u1")
        if array.dtype != kind or array.ndim < 1 or array.shape[-1] != size:
            raise CheckpointError(
                f"the saved observations are {array.dtype} of shape {array.shape}, "
                f"expected {np.dtype(kind)} of [..., {size}]"
            )
        return array if self.image is None else array.view(self.dtype)[..., 0]

    def to_json(self) -> dict[str, Any]:
        """Return the spec as plain JSON values."""
        plain = asdict(self)
        if self.image is not None:
            plain["image"]["shape"] = list(self.image.shape)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ObservationSpec:
        """Return the spec written by `to_json`. Raises KeyError, TypeError or ValueError."""
        image, name = data["image"], data["vector_name"]
        spec = cls(
            int(data["vector_size"]),
            None if name is None else str(name),
            None if image is None else _image_from_json(image),
            int(data.get("privileged", 0)),
            int(data.get("goal", 0)),
        )
        if spec.nbytes < 1:
            raise ValueError(f"observations of {spec.nbytes} bytes")
        return spec


def _image_from_json(data: Mapping[str, Any]) -> ImagePart:
    height, width, channels = data["shape"]
    return ImagePart(str(data["name"]), (height, width, channels))


def _is_image(part: gymnasium.spaces.Box) -> bool:
    return part.dtype == np.uint8 and len(part.shape) == 3


def _is_vector(part: gymnasium.spaces.Box) -> bool:
    return np.issubdtype(part.dtype, np.floating) and len(part.shape) == 1


def _flat_size(part: gymnasium.Space[Any]) -> int:
    """Return how many numbers a flat Box of floats holds; 0 for any other space."""
    shape = part.shape if np.issubdtype(part.dtype, np.floating) else None
    return shape[0] if shape is not None and len(shape) == 1 else 0


def _part(observation: Any, name: str) -> NDArray[Any]:
    if not isinstance(observation, Mapping) or name not in observation:
        raise PolicyError(f"an observation has no part {name!r}")
    return np.asarray(observation[name])
