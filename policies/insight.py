"""What the networks make of a picture: activations, values, and the pixels that values hang on."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from policies.encoder import ImageEncoder, write_pixels
from policies.engine import Program, Tensor
from policies.engine.functional import concatenate
from policies.engine.module import Module
from policies.errors import PolicyError
from policies.networks import Critics
from policies.observation import ObservationSpec

Array = NDArray[np.float32]
M = TypeVar("M", bound=Module)

WHITE = 255
"""Greatest value of a byte: what a whole unit of the networks' input stands for."""


def activations(encoder: ImageEncoder, images: NDArray[np.uint8]) -> list[Array]:
    """Return what each convolution makes [n, rows, columns, channels] of images [n, h, w, c]."""
    pixels = np.empty(images.shape, np.float32)
    write_pixels(images, pixels)
    maps = [Tensor(pixels)]
    for convolution in encoder.convolutions:
        maps.append(convolution(maps[-1]))
    return [tensor.data for tensor in maps[1:]]


class CriticView:
    """The least of the critics' values of what was seen and done, and its slope by each pixel.

    It computes in double precision, from copies of the networks.
    """

    def __init__(self, encoder: ImageEncoder, critics: Critics, spec: ObservationSpec) -> None:
        if spec.image is None:
            raise PolicyError("only critics that see pictures have a gradient by their pixels")
        self._encoder, self._critics, self._image = _double(encoder), _double(critics), spec.image
        self._spec = spec

    def values(self, observations: NDArray[Any], actions: Array) -> NDArray[np.float64]:
        """Return the values [n] of records [n] and actions [n, a] in [-1, 1]."""
        pixels = observations[self._image.name] / WHITE - 0.5
        return self.values_of_pixels(pixels, self._spec.vector(observations), actions)

    def values_of_pixels(
        self, pixels: NDArray[np.float64], numbers: NDArray[Any], actions: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Return `values` of pixels [n, h, w, c] in [-0.5, 0.5] and the numbers [n, v] beside."""
        return self._values(Tensor(pixels), numbers, actions).data[:, 0]

    def slopes(self, observations: NDArray[Any], actions: Array) -> NDArray[np.float64]:
        """Return the gradient [n, h, w, c] of `values` by the pictures' bytes, actions held.

        (K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks", 2014,
        section 3, with a value in the place of a class score.)
        """
        pixels = Tensor(observations[self._image.name] / WHITE - 0.5, requires_grad=True)
        values = self._values(pixels, self._spec.vector(observations), actions)
        program = Program(values)
        program.differentiate(values, weights=(np.ones_like(values.data),))
        program.forward()
        program.backward()
        assert pixels.grad is not None
        return pixels.grad / WHITE

    def _values(self, pixels: Tensor, numbers: NDArray[Any], actions: NDArray[Any]) -> Tensor:
        rest = np.concatenate([numbers, actions, np.ones((len(pixels), 1))], 1, dtype=np.float64)
        seen = concatenate([self._encoder(pixels), Tensor(rest)], axis=1)
        return self._critics(seen).min(axis=0)


def _double(module: M) -> M:
    twin = copy.deepcopy(module)
    for tensor in twin.parameters().values():
        tensor.data = tensor.data.astype(np.float64)
    return twin
