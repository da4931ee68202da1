"""One case or more for every layer and network: inputs, parameters, and what it must compute."""

import math
from collections.abc import Callable

import numpy as np
from conv_reference import conv2d_reference
from engine_references import (
    RNG,
    Case,
    affine_reference,
    batch_norm_reference,
    each,
    kept_by_dropout,
    layer_norm_reference,
    looped_product,
    normal,
    pooled,
)

from policies.encoder import ImageEncoder, parse_convolutions
from policies.engine import Module, conv_layers, layers
from policies.engine.tensor import Tensor
from policies.networks import BATCH_NORM_EPSILON, Critics, GaussianActor


def dropout_layer(x: Tensor) -> Tensor:
    return layers.Dropout(0.25, np.random.default_rng(3))(x)


def with_parameters(module: Module) -> tuple[Callable[..., Tensor], tuple[np.ndarray, ...]]:
    """Return the module as a function of its inputs and, after them, of its parameters."""
    named = module.parameters()
    for tensor in named.values():
        tensor.data = normal(*tensor.shape)

    def function(*tensors: Tensor) -> Tensor:
        count = len(tensors) - len(named)
        for name, tensor in zip(named, tensors[count:], strict=True):
            owner, attribute = module, name
            while "." in attribute:
                head, attribute = attribute.split(".", 1)
                owner = owner[int(head)] if isinstance(owner, list) else getattr(owner, head)
            setattr(owner, attribute, tensor)
        return module(*tensors[:count])

    return function, tuple(tensor.data for tensor in named.values())


def of_module(module: Module, inputs: tuple[np.ndarray, ...], reference, note: str = "") -> Case:
    function, parameters = with_parameters(module)
    return Case(type(module), function, (*inputs, *parameters), reference, note)


def relu_mlp(x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
    pairs = list(zip(parameters[::2], parameters[1::2], strict=True))
    for weight, bias in pairs[:-1]:
        x = affine_reference(lambda z: max(z, 0.0))(x, weight, bias)
    return affine_reference(lambda z: z)(x, *pairs[-1])


def normalized_mlp(x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
    weight, bias, gain, shift, last_weight, last_bias = parameters
    hidden = layer_norm_reference(affine_reference(lambda z: z)(x, weight, bias), gain, shift)
    hidden = each(lambda z: max(z, 0.0))(hidden)
    return affine_reference(lambda z: z)(hidden, last_weight, last_bias)


def each_batch_norm_reference(
    x: np.ndarray, gain: np.ndarray, bias: np.ndarray, epsilon: float = 1e-5
) -> np.ndarray:
    members = zip(x, gain, bias, strict=True)
    return np.stack([batch_norm_reference(*member, epsilon) for member in members])


def batch_norm_critics(x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
    x, parts = np.stack([x, x]), [parameters[i : i + 4] for i in range(0, len(parameters), 4)]
    for gain, shift, weight, bias in parts:
        is_last = weight.shape[-1] == 1
        x = each_batch_norm_reference(x, gain, shift, BATCH_NORM_EPSILON)
        x = affine_reference(lambda z, linear=is_last: z if linear else max(z, 0.0))(
            x, weight, bias
        )
    return x


def encoder_reference(x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
    kernel, bias, weight, shift, gain, centre, told_weight, told_bias = parameters
    maps = each(lambda z: max(z, 0.0))(conv2d_reference(x, kernel, bias, 2, 0))
    linear = affine_reference(lambda z: z)(maps.reshape(len(x), -1), weight, shift)
    latent = each(math.tanh)(layer_norm_reference(linear, gain, centre))
    told = affine_reference(lambda z: z)(latent, told_weight, told_bias)
    return np.concatenate([latent, told], axis=1)


LAYER_CASES: list[Case] = [
    of_module(layers.Linear(3, 4, RNG), (normal(5, 3),), affine_reference(lambda z: z)),
    of_module(
        layers.Linear(3, 4, RNG, activation="tanh"),
        (normal(2, 5, 3),),
        affine_reference(math.tanh),
        "tanh, three axes",
    ),
    of_module(
        layers.Linear(3, 4, RNG, activation="relu", ensemble=2),
        (normal(5, 3),),
        affine_reference(lambda z: max(z, 0.0)),
        "ensemble",
    ),
    of_module(layers.LayerNorm(4), (normal(5, 4),), layer_norm_reference),
    of_module(
        layers.LayerNorm(4, ensemble=2), (normal(2, 5, 4),), layer_norm_reference, "ensemble"
    ),
    of_module(layers.BatchNorm(4), (normal(5, 4),), batch_norm_reference),
    of_module(
        layers.BatchNorm(4, ensemble=2), (normal(2, 5, 4),), each_batch_norm_reference, "ensemble"
    ),
    Case(
        conv_layers.MaxPool2d,
        conv_layers.MaxPool2d(2),
        (normal(2, 5, 4, 2),),
        pooled(2, 2, np.max),
    ),
    Case(
        conv_layers.AveragePool2d,
        conv_layers.AveragePool2d(3, 1),
        (normal(2, 5, 4, 2),),
        pooled(3, 1, np.mean),
    ),
    Case(
        layers.Dropout,
        dropout_layer,
        (normal(20, 5),),
        kept_by_dropout,
    ),
    of_module(
        conv_layers.Conv2d(2, 3, 2, RNG, stride=2, padding=1),
        (normal(2, 3, 4, 2),),
        lambda x, weight, bias: conv2d_reference(x, weight, bias, 2, 1),
    ),
    Case(
        conv_layers.Flatten,
        conv_layers.Flatten(),
        (normal(2, 2, 2, 1),),
        lambda x: np.array([[x[n, i, j, 0] for i in (0, 1) for j in (0, 1)] for n in (0, 1)]),
    ),
    of_module(layers.Relu(), (normal(3, 4),), each(lambda x: max(x, 0.0))),
    of_module(layers.mlp((3, 4, 5, 2), RNG), (normal(6, 3),), relu_mlp),
    of_module(
        layers.mlp((3, 4, 2), RNG, ensemble=2, layer_norm=True),
        (normal(5, 3),),
        normalized_mlp,
        "layer norm, ensemble",
    ),
    of_module(GaussianActor(3, 2, (4, 4), RNG), (normal(5, 3),), relu_mlp),
    of_module(
        layers.Linear(3, 4, RNG, has_bias=False),
        (normal(5, 3),),
        looped_product,
        "without bias",
    ),
    of_module(
        Critics(3, 2, (4, 4), RNG),
        (normal(5, 6),),
        lambda x, weight, *p: relu_mlp(x, weight, np.zeros(1), *p),
    ),
    of_module(
        Critics(3, 2, (4, 4), RNG, batch_norm=True), (normal(5, 6),), batch_norm_critics, "CrossQ"
    ),
    of_module(
        ImageEncoder((5, 5, 2), parse_convolutions("3k3s2"), 4, RNG, privileged=2),
        (normal(2, 5, 5, 2),),
        encoder_reference,
        "with a teller",
    ),
]
