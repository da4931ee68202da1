"""One gradient step of behaviour cloning, on arrays laid out once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.augment import random_shift
from policies.cloning_config import CloningConfig
from policies.encoder import ImageEncoder, parse_convolutions, write_pixels
from policies.engine import Program, Tensor
from policies.engine.blas import limit_blas_threads
from policies.engine.functional import concatenate, squared_error
from policies.engine.layers import Sequential, mlp
from policies.engine.module import Module
from policies.engine.optim import Adam, ParameterVector
from policies.image_policy import READER, encoder_arrays
from policies.networks import GaussianActor
from policies.observation import PRIVILEGED, ObservationSpec

Array = NDArray[np.float32]


class ClonedActor(Module):
    """An actor, with an encoder of its own where observations have a picture.

    Where more is told in training, a reader learns to say that from the encoder's features and the
    numbers beside the picture, and what it says is all that the actor gets beside these numbers.
    """

    def __init__(
        self,
        spec: ObservationSpec,
        action_size: int,
        config: CloningConfig,
        rng: np.random.Generator,
    ) -> None:
        self.encoder: ImageEncoder | None = None
        self.reader: Sequential | None = None
        seen = 0
        if spec.image is not None:
            layers = parse_convolutions(config.encoder)
            self.encoder = ImageEncoder(spec.image.shape, layers, config.latent, rng)
            seen = self.encoder.size
            if spec.privileged and config.auxiliary:
                sizes = (seen + spec.vector_size, *config.reader, spec.privileged)
                self.reader, seen = mlp(sizes, rng), spec.privileged
        self.actor = GaussianActor(seen + spec.vector_size, action_size, config.hidden, rng)

    def __call__(self, pixels: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the head [n, 2a], and what the reader says [n, p] if there is one."""
        if self.encoder is None:
            return self.actor(numbers), None
        seen, said = concatenate((self.encoder(pixels), numbers)), None
        if self.reader is not None:
            said = self.reader(seen)
            seen = concatenate((said, numbers))
        return self.actor(seen), said

    def policy_arrays(self) -> dict[str, Array]:
        """Return the weights as `make_policy` takes them: views, not copies."""
        arrays = _layers(self.actor.net)
        if self.reader is not None:
            arrays |= {READER + name: array for name, array in _layers(self.reader).items()}
        return arrays if self.encoder is None else arrays | encoder_arrays(self.encoder)


class CloningStep:
    """The weights, and what moves them towards the actions of a batch.

    The loss is the mean over the batch of the squared distance between the demonstrated action and
    the one the policy would take, the tanh of its mean; that of a saturated action is small once
    the policy saturates too, where a likelihood would never be content.
    """

    def __init__(
        self, spec: ObservationSpec, action_size: int, config: CloningConfig, seed: int
    ) -> None:
        limit_blas_threads(1)  # products this small are faster on one core than shared by two
        rows, image = config.batch_size, spec.image
        self._spec, self._shift, self._auxiliary = spec, config.shift, config.auxiliary
        self.network = ClonedActor(spec, action_size, config, np.random.default_rng([seed, 1]))
        self.vector = ParameterVector(self.network.parameters())
        self.adam = Adam(self.vector, config.learning_rate)
        shape = (0, 0, 0) if image is None else image.shape
        self._images = np.zeros((rows, *shape), np.uint8)
        self._pixels = np.zeros((rows, *shape), np.float32)
        self._numbers = np.zeros((rows, spec.vector_size), np.float32)
        self._told = np.zeros((rows, spec.privileged), np.float32)
        self._actions = np.zeros((rows, action_size), np.float32)
        self._loss = self._graph()
        self._program = Program(self._loss)
        self._program.differentiate(self._loss)

    def __call__(
        self, observations: NDArray[Any], actions: Array, rng: np.random.Generator
    ) -> float:
        """Take one step on packed observations [b, ...] and actions [b, a]; return the loss."""
        np.copyto(self._actions, actions)
        np.copyto(self._numbers, self._spec.vector(observations))
        if self._spec.image is not None:
            self._see(observations, rng)
        self._program.forward()
        self._program.backward()
        self.adam.step()
        return self._loss.item()

    def vectors(self) -> dict[str, NDArray[Any]]:
        """Return all weights and what the optimiser remembers of them: views, not copies."""
        return {
            "weights": self.vector.values,
            "first_moment": self.adam.first_moment,
            "second_moment": self.adam.second_moment,
            "steps": self.adam.steps,
        }

    def _graph(self) -> Tensor:
        scale, size = 1 / len(self._actions), self._actions.shape[1]
        head, said = self.network(Tensor(self._pixels), Tensor(self._numbers))
        loss = squared_error(head[:, :size].tanh(), Tensor(self._actions), scale)
        if said is None:
            return loss
        return loss + squared_error(said, Tensor(self._told), self._auxiliary * scale)

    def _see(self, observations: NDArray[Any], rng: np.random.Generator) -> None:
        assert self._spec.image is not None
        images = observations[self._spec.image.name]
        if self._shift:
            random_shift(images, self._shift, rng, self._images)
            images = self._images
        write_pixels(images, self._pixels)
        if self._spec.privileged:
            np.copyto(self._told, observations[PRIVILEGED])


def _layers(net: Sequential) -> dict[str, Array]:
    named = net.parameters().items()
    return {name.removeprefix("layers."): tensor.data for name, tensor in named}
