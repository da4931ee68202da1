"""The convolutional encoder of an actor-critic that sees pictures."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from policies.engine.conv_layers import Conv2d
from policies.engine.functional import concatenate
from policies.engine.layers import LayerNorm, Linear
from policies.engine.module import Module
from policies.engine.tensor import Tensor
from policies.errors import PolicyError

Shape = tuple[int, ...]

_LAYER = re.compile(r"(\d+)k(\d+)s(\d+)")


class Convolution(NamedTuple):
    """One convolutional layer without padding, followed by ReLU."""

    channels: int
    kernel: int
    stride: int


def parse_convolutions(text: str) -> list[Convolution]:
    """Return the layers of a text such as ``16k4s2 32k3s1``: channels, kernel, stride.

    Raises PolicyError showing what such a text looks like.
    """
    words = text.split()
    found = [_LAYER.fullmatch(word) for word in words]
    layers = [Convolution(*map(int, match.groups())) for match in found if match]
    if not words or len(layers) < len(words) or min(map(min, layers)) < 1:
        raise PolicyError(
            f"encoder {text!r}: write each layer as channels, kernel, stride: '16k4s2 32k3s1'"
        )
    return layers


def output_shape(image: Shape, layers: list[Convolution]) -> Shape:
    """Return the shape (height, width, channels) that ``layers`` make of an ``image``.

    Raises PolicyError naming the layer that is larger than what reaches it.
    """
    height, width, channels = image
    for i, layer in enumerate(layers):
        if layer.kernel > min(height, width):
            raise PolicyError(
                f"encoder: layer {i + 1} has a kernel of {layer.kernel}, but of a picture of"
                f" {image[0]} x {image[1]} px only {height} x {width} reach it:"
                " take fewer or smaller layers, or larger pictures"
            )
        height, width = ((side - layer.kernel) // layer.stride + 1 for side in (height, width))
        channels = layer.channels
    return height, width, channels


class ImageEncoder(Module):
    """Convolutions, then a linear map, layer normalisation and tanh to ``latent`` features.

    A ``teller`` of ``privileged`` numbers, if there are any, learns in training to say what the
    simulator knows of the picture; what it says is among the features. The head is that of Yarats
    et al. 2021, "Improving Sample Efficiency in Model-Free Reinforcement Learning from Images".
    """

    def __init__(
        self,
        image: Shape,
        layers: list[Convolution],
        latent: int,
        rng: np.random.Generator,
        privileged: int = 0,
    ) -> None:
        size = int(np.prod(output_shape(image, layers)))
        inputs = [image[-1], *(layer.channels for layer in layers)]
        self.convolutions = [
            Conv2d(
                channels, layer.channels, layer.kernel, rng, stride=layer.stride, activation="relu"
            )
            for channels, layer in zip(inputs, layers, strict=False)
        ]
        self.linear = Linear(size, latent, rng)
        self.norm = LayerNorm(latent)
        self.teller = Linear(latent, privileged, rng) if privileged else None

    @property
    def size(self) -> int:
        """Return the number of features."""
        return sum(layer.weight.shape[-1] for layer in (self.linear, self.teller) if layer)

    def __call__(self, pixels: Tensor) -> Tensor:
        """Return features [n, size] for pixels [n, h, w, c] about zero: the latent ones, in
        (-1, 1), and then what the teller says."""
        latent = self.norm(self.linear(self.maps(pixels).reshape(len(pixels), -1))).tanh()
        return latent if self.teller is None else concatenate((latent, self.teller(latent)))

    def maps(self, pixels: Tensor) -> Tensor:
        """Return the activations [n, h, w, c] of the last convolution."""
        for convolution in self.convolutions:
            pixels = convolution(pixels)
        return pixels


def write_pixels(images: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Write bytes [n, h, w, c] into float32 ``out`` of that shape, from -0.5 to 0.5."""
    np.multiply(images, np.float32(1 / 255), out=out)
    np.subtract(out, np.float32(0.5), out)
