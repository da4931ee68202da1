"""A trained actor that sees pictures, reduced to arrays, as `Policy`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.encoder import Convolution, ImageEncoder, write_pixels
from policies.engine import Program, Tensor
from policies.errors import PolicyError
from policies.observation import ObservationSpec
from policies.policy import Policy
from policies.stack import Stack

Array = NDArray[Any]

READER = "reader."
_PREFIX = "encoder."
_STRIDE = "convolutions.{}.stride"
_PROGRAMS = 4  # each of one number of pictures, with memory of its own


class ImagePolicy:
    """An encoder, and a `Policy` on its features and the numbers beside the picture.

    Or on these numbers and what a reader says, that is given both: then the policy is like one
    that is told where things are, and the reader tells it.

    arrays: ``encoder.convolutions.0.weight`` [k, k, c, o], ``.bias`` and ``.stride``, …,
        ``encoder.linear.weight``, ``.bias``, ``encoder.norm.gain``, ``.bias``, those of the
        `Stack` of a reader, if there is one, after ``reader.``, and the arrays of the `Policy`.
        They are not copied, so that it follows networks still in training.

    encoder: for looking at what it makes of a picture.

    Raises PolicyError if an array is missing, is one too many, or does not fit its neighbours.
    """

    def __init__(self, arrays: Mapping[str, Array], spec: ObservationSpec) -> None:
        if spec.image is None:
            raise PolicyError("a policy on pictures needs observations with a picture")
        self.spec = spec
        encoder, rest = _split(arrays, _PREFIX)
        reader, rest = _split(rest, READER)
        self._name, self._shape = spec.image.name, spec.image.shape
        self.encoder = _read_encoder(encoder, self._shape)
        self._reader = Stack(reader, "reader") if reader else None
        self._policy = Policy(rest)
        features, numbers = self.encoder.size, spec.vector_size
        if self._reader is not None:
            _check_size("reader", self._reader.size_in, features, "features", numbers)
            _check_size(
                "policy", self._policy.observation_size, self._reader.size_out, "said", numbers
            )
        else:
            _check_size("policy", self._policy.observation_size, features, "features", numbers)
        self.action_size = self._policy.action_size
        self._programs: dict[int, tuple[Array, Array, Program]] = {}

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the encoder's features [n, f] of pictures [n, h, w, c]."""
        if len(images) not in self._programs:
            if len(self._programs) == _PROGRAMS:
                del self._programs[next(iter(self._programs))]
            pixels = np.zeros(images.shape, np.float32)
            features = self.encoder(Tensor(pixels))
            self._programs[len(images)] = pixels, features.data, Program(features)
        pixels, found, program = self._programs[len(images)]
        write_pixels(images, pixels)
        program.forward()
        return found.copy()

    def head(self, observation: Array) -> tuple[Array, Array]:
        """Return means and raw log standard deviations, [..., a] each, for records [...]."""
        if observation.dtype != self.spec.dtype:
            raise PolicyError(
                f"the policy takes observations of {self.spec.dtype}, got {observation.dtype}"
            )
        images = observation[self._name].reshape(-1, *self._shape)
        seen = self.features(images).reshape(*observation.shape, -1)
        numbers = self.spec.vector(observation)
        if self._reader is not None:
            seen = self._reader(np.concatenate([seen, numbers], -1))
        return self._policy.head(np.concatenate([seen, numbers], -1))

    def act(self, observation: Array) -> Array:
        """Return the deterministic action [..., a], in [-1, 1], for records [...]."""
        return np.tanh(self.head(observation)[0])


def encoder_arrays(encoder: ImageEncoder) -> dict[str, Array]:
    """Return the arrays that `ImagePolicy` reads an encoder from: views, not copies."""
    arrays = {_PREFIX + name: tensor.data for name, tensor in encoder.parameters().items()}
    for i, layer in enumerate(encoder.convolutions):
        arrays[_PREFIX + _STRIDE.format(i)] = np.array(layer.stride)
    return arrays


def make_policy(arrays: Mapping[str, Array], spec: ObservationSpec) -> Policy | ImagePolicy:
    """Return the policy made of ``arrays`` for observations of ``spec``. Raises PolicyError."""
    if spec.image is not None:
        return ImagePolicy(arrays, spec)
    policy = Policy(arrays)
    if policy.observation_size != spec.vector_size:
        raise PolicyError(
            f"the policy takes {policy.observation_size} numbers, but observations have"
            f" {spec.vector_size}"
        )
    return policy


def _split(arrays: Mapping[str, Array], prefix: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the arrays with ``prefix``, without it, and the others."""
    inside = {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    return inside, {name: array for name, array in arrays.items() if not name.startswith(prefix)}


def _check_size(who: str, takes: int, count: int, what: str, numbers: int) -> None:
    if takes != count + numbers:
        raise PolicyError(
            f"the {who} takes {takes} numbers, but {count} {what} and {numbers} numbers reach it"
        )


def _read_encoder(arrays: dict[str, Array], image: tuple[int, ...]) -> ImageEncoder:
    layers: list[Convolution] = []
    while (name := _STRIDE.format(len(layers))) in arrays:
        weight = arrays.get(f"convolutions.{len(layers)}.weight", np.empty(0))
        if weight.ndim != 4 or not weight.size:
            raise PolicyError(f"encoder.{name} is there, but not a weight of four axes")
        stride = arrays.pop(name)
        if stride.shape or stride.dtype.kind not in "iu" or stride < 1:
            raise PolicyError(f"encoder.{name} is {stride}, not a positive whole number")
        layers.append(Convolution(weight.shape[-1], weight.shape[0], int(stride)))
    latent = arrays.get("linear.bias", np.empty(0))
    if not layers or latent.ndim != 1:
        raise PolicyError("not the arrays of an encoder: convolutions or linear are missing")
    told = len(arrays["teller.bias"]) if "teller.bias" in arrays else 0
    encoder = ImageEncoder(image, layers, len(latent), np.random.default_rng(0), told)
    parameters = encoder.parameters()
    if set(arrays) != set(parameters):
        wrong = ", ".join(sorted(set(arrays) ^ set(parameters)))
        raise PolicyError(f"not the arrays of an encoder: missing or unknown {wrong}")
    for name, tensor in parameters.items():
        if arrays[name].shape != tensor.shape:
            raise PolicyError(
                f"encoder.{name} has shape {arrays[name].shape}, but pictures of {image} and the"
                f" layers before it need {tensor.shape}"
            )
        tensor.data = arrays[name]
    return encoder
