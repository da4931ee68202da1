"""One case or more for every operation and layer: inputs, and what it must compute.

The references are written with the standard library's scalar functions and Python loops, so
that they share nothing with the code they judge.
"""

import importlib
import math
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from conv_reference import conv2d_reference, slide

import policies.engine
from policies import distributions
from policies.engine import (
    Module,
    batch_norm,
    conv,
    conv_layers,
    elementwise,
    functional,
    layers,
    linear,
    loss,
    normalize,
    pool,
    reduce,
    shape,
    unary,
)
from policies.engine.op import Op
from policies.engine.tensor import Tensor, apply
from policies.networks import Critics, GaussianActor

RNG = np.random.default_rng(7)


@dataclass(frozen=True)
class Case:
    """``function`` of tensors made from ``inputs`` must equal ``reference`` of the arrays."""

    subject: type
    function: Callable[..., Tensor]
    inputs: tuple[np.ndarray, ...]
    reference: Callable[..., np.ndarray]
    note: str = ""

    def __str__(self) -> str:
        return f"{self.subject.__name__} {self.note}".strip()


def normal(*lengths: int) -> np.ndarray:
    """Draw values that keep 0.05 away from 0, where many functions have a kink."""
    values = RNG.standard_normal(lengths)
    return np.where(np.abs(values) < 0.05, values + 0.3, values)


def positive(*lengths: int) -> np.ndarray:
    return RNG.uniform(0.3, 2.0, lengths)


def each(function: Callable[..., float]) -> Callable[..., np.ndarray]:
    """Apply a scalar function to broadcast arrays, one element at a time."""

    def over(*arrays: np.ndarray) -> np.ndarray:
        broadcast = np.broadcast_arrays(*arrays)
        values = [
            function(*map(float, xs)) for xs in zip(*(b.ravel() for b in broadcast), strict=True)
        ]
        return np.array(values).reshape(broadcast[0].shape)

    return over


def rows(function: Callable[[list[float]], list[float]]) -> Callable[..., np.ndarray]:
    """Apply a function of a list of floats to each row."""

    def over(x: np.ndarray) -> np.ndarray:
        flat = x.reshape(-1, x.shape[-1])
        return np.array([function([float(v) for v in row]) for row in flat]).reshape(x.shape)

    return over


def looped_product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Multiply matrices by the definition, with broadcast leading axes."""
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x = np.broadcast_to(x, (*lead, *x.shape[-2:]))
    y = np.broadcast_to(y, (*lead, *y.shape[-2:]))
    out = np.zeros((*lead, x.shape[-2], y.shape[-1]))
    for place in np.ndindex(out.shape):
        *batch, i, j = place
        out[place] = sum(x[(*batch, i, k)] * y[(*batch, k, j)] for k in range(x.shape[-1]))
    return out


def affine_reference(activation: Callable[[float], float]) -> Callable[..., np.ndarray]:
    def over(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
        total = looped_product(x, weight)
        return each(lambda z, b: activation(z + b))(total, bias)

    return over


def softmax_row(row: list[float]) -> list[float]:
    total = math.fsum(math.exp(v) for v in row)
    return [math.exp(v) / total for v in row]


def normalized_row(row: list[float], epsilon: float = 1e-5) -> list[float]:
    mean = math.fsum(row) / len(row)
    variance = math.fsum((v - mean) ** 2 for v in row) / len(row)
    return [(v - mean) / math.sqrt(variance + epsilon) for v in row]


def layer_norm_reference(x: np.ndarray, gain: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return rows(normalized_row)(x) * gain + bias


def looped_reduction(function: Callable[[list[float]], float], axis, keepdims: bool = False):
    def over(x: np.ndarray) -> np.ndarray:
        axes = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
        axes = [a % x.ndim for a in axes]
        kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
        out = np.zeros(kept)
        for place in np.ndindex(*kept):
            ranges = [range(x.shape[i]) if i in axes else [place[i]] for i in range(x.ndim)]
            out[place] = function([float(x[p]) for p in product(*ranges)])
        return out if keepdims else out.reshape([n for i, n in enumerate(x.shape) if i not in axes])

    return over


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def log_density(head: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Work out action and log-probability of a squashed Gaussian from the densities."""
    size = noise.shape[1]
    actions, log_probs = np.zeros(noise.shape), np.zeros((len(noise), 1))
    for i, j in np.ndindex(noise.shape):
        mean_, raw = float(head[i, j]), float(head[i, size + j])
        deviation = math.exp(-5 + 0.5 * 7 * (math.tanh(raw) + 1))
        u = mean_ + deviation * float(noise[i, j])
        actions[i, j] = math.tanh(u)
        density = math.exp(-0.5 * ((u - mean_) / deviation) ** 2) / (
            deviation * math.sqrt(2 * math.pi)
        )
        # Change of variables: the density of tanh(u) is that of u over the slope of tanh.
        log_probs[i, 0] += math.log(density / (1 - math.tanh(u) ** 2))
    return actions, log_probs


NOISE = RNG.standard_normal((3, 2))
CHOICE = RNG.random((3, 4)) < 0.5
INDICES = np.array([[0, 2, 2], [1, 1, 0]])


def squashed(head: Tensor) -> Tensor:
    action, log_prob = distributions.sample_squashed_gaussian(head, NOISE)
    return functional.concatenate((action, log_prob))


def kept_by_dropout(x: np.ndarray) -> np.ndarray:
    draws = np.random.default_rng(3).random(x.shape, np.float32)
    return each(lambda v, draw: v / 0.75 if draw >= 0.25 else 0.0)(x, draws)


def dropout_layer(x: Tensor) -> Tensor:
    return layers.Dropout(0.25, np.random.default_rng(3))(x)


def gather_reference(x: np.ndarray) -> np.ndarray:
    return np.array([[x[i, INDICES[i, j]] for j in range(3)] for i in range(2)])


def binary(op: type[Op], function: Callable[[float, float], float], draw=normal) -> Iterator[Case]:
    def build(x: Tensor, y: Tensor) -> Tensor:
        return apply(op(x, y))

    for left, right in (((3, 4), (3, 4)), ((3, 1, 4), (2, 1)), ((4,), (3, 4)), ((), (2,))):
        inputs = np.asarray(normal(*left)), np.asarray(draw(*right))
        yield Case(op, build, inputs, each(function), f"{left} {right}")


def single(op: type[Op], function: Callable[[float], float], draw=normal) -> Case:
    return Case(op, lambda x: apply(op(x)), (draw(3, 4),), each(function))


def reductions(op: type[Op], function: Callable[[list[float]], float]) -> Iterator[Case]:
    for axis, keepdims in ((None, False), (0, False), (-1, True), ((0, 2), False), ((1,), True)):
        yield Case(
            op,
            lambda x, a=axis, k=keepdims: apply(op(x, a, k)),
            (normal(3, 4, 2),),
            looped_reduction(function, axis, keepdims),
            f"axis {axis} keepdims {keepdims}",
        )


def affines() -> Iterator[Case]:
    activations = {"identity": lambda z: z, "relu": lambda z: max(z, 0.0), "tanh": math.tanh}
    for name, function in activations.items():
        shapes = {
            "one layer": ((5, 3), (3, 4), (4,)),
            "one input": ((5, 1), (1, 4), (4,)),
            "ensemble, shared input": ((5, 3), (2, 3, 4), (2, 1, 4)),
            "ensemble, own inputs": ((2, 5, 3), (2, 3, 1), (2, 1, 1)),
        }
        for note, lengths in shapes.items():
            yield Case(
                linear.Affine,
                lambda x, w, b, n=name: functional.affine(x, w, b, n),
                tuple(normal(*n) for n in lengths),
                affine_reference(function),
                f"{name}, {note}",
            )


def convolutions() -> Iterator[Case]:
    for activation, function in (("identity", lambda z: z), ("relu", lambda z: max(z, 0.0))):
        for stride, padding in ((1, 0), (2, 1)):
            yield Case(
                conv.Convolve,
                lambda *xs, way=(stride, padding, activation): functional.conv2d(*xs, *way),
                (normal(2, 4, 5, 2), normal(3, 3, 2, 2), normal(2)),
                lambda *xs, way=(stride, padding), f=function: each(f)(conv2d_reference(*xs, *way)),
                f"{activation}, stride {stride}, padding {padding}",
            )


def pooled(kernel: int, stride: int, function: Callable[..., np.ndarray]):
    return lambda x: slide(x, kernel, stride, lambda part: function(part, axis=(1, 2)))


def pools() -> Iterator[Case]:
    ops = ((pool.MaxPool, np.max), (pool.AveragePool, np.mean))
    for (op, function), (kernel, stride) in product(ops, ((2, 2), (3, 2), (1, 2))):
        yield Case(
            op,
            lambda x, op=op, way=(kernel, stride): apply(op(x, *way)),
            (normal(2, 4, 5, 2),),
            pooled(kernel, stride, function),
            f"kernel {kernel}, stride {stride}",
        )


def batch_norm_reference(x: np.ndarray, gain: np.ndarray, bias: np.ndarray) -> np.ndarray:
    features = x.reshape(-1, x.shape[-1])
    normalized = [normalized_row([float(v) for v in feature]) for feature in features.T]
    return np.array(normalized).T.reshape(x.shape) * gain + bias


def batch_normalize(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    running = batch_norm.Running(np.zeros(2), np.ones(2), 0.1)
    return functional.batch_normalize(x, gain, bias, running)


def squared_errors() -> Iterator[Case]:
    for left, right in (((3, 4), (3, 4)), ((2, 3, 1), (3, 1)), ((2,), (3, 2))):
        yield Case(
            loss.SquaredError,
            lambda x, y: functional.squared_error(x, y, 0.7),
            (normal(*left), normal(*right)),
            lambda x, y: np.array(0.7 * math.fsum(each(lambda a, b: (a - b) ** 2)(x, y).ravel())),
            f"{left} {right}",
        )


OP_CASES: list[Case] = [
    *squared_errors(),
    *binary(elementwise.Add, lambda x, y: x + y),
    *binary(elementwise.Subtract, lambda x, y: x - y),
    *binary(elementwise.Multiply, lambda x, y: x * y),
    *binary(elementwise.Divide, lambda x, y: x / y, positive),
    *binary(elementwise.Maximum, max),
    *binary(elementwise.Minimum, min),
    Case(
        elementwise.Where,
        lambda x, y: functional.where(CHOICE, x, y),
        (normal(3, 4), normal(4)),
        lambda x, y: each(lambda c, a, b: a if c else b)(CHOICE, x, y),
    ),
    single(unary.Negate, lambda x: -x),
    single(unary.Exp, math.exp),
    single(unary.Log, math.log, positive),
    single(unary.Sqrt, math.sqrt, positive),
    single(unary.Square, lambda x: x**2),
    single(unary.Absolute, abs),
    single(unary.Relu, lambda x: x if x > 0 else 0.0),
    single(unary.Tanh, math.tanh),
    single(unary.Sigmoid, lambda x: 1 / (1 + math.exp(-x))),
    single(unary.Softplus, lambda x: math.log(1 + math.exp(x))),
    Case(
        unary.Clip,
        lambda x: x.clip(-0.7, 0.4),
        (normal(3, 4),),
        each(lambda x: min(max(x, -0.7), 0.4)),
    ),
    *reductions(reduce.Sum, math.fsum),
    *reductions(reduce.Mean, mean),
    *reductions(reduce.Max, max),
    *reductions(reduce.Min, min),
    Case(
        shape.Reshape,
        lambda x: x.reshape(2, -1),
        (normal(3, 4),),
        lambda x: np.array(
            [
                [x[0, 0], x[0, 1], x[0, 2], x[0, 3], x[1, 0], x[1, 1]],
                [x[1, 2], x[1, 3], x[2, 0], x[2, 1], x[2, 2], x[2, 3]],
            ]
        ),
    ),
    Case(
        shape.Reshape,
        lambda x: x.transpose().reshape(12),
        (normal(3, 4),),
        lambda x: np.array([x[i, j] for j in range(4) for i in range(3)]),
        "of a transpose",
    ),
    Case(
        shape.Transpose,
        lambda x: x.transpose(2, 0, 1),
        (normal(3, 4, 2),),
        lambda x: np.array([[[x[i, j, k] for j in range(4)] for i in range(3)] for k in range(2)]),
    ),
    Case(
        shape.Slice,
        lambda x: x[1:, ::2],
        (normal(3, 4),),
        lambda x: np.array([[x[1, 0], x[1, 2]], [x[2, 0], x[2, 2]]]),
    ),
    Case(shape.Slice, lambda x: x[-1], (normal(3, 4),), lambda x: np.array(list(x)[-1]), "integer"),
    Case(
        shape.Slice,
        lambda x: x[..., None, 2],
        (normal(3, 4),),
        lambda x: np.array([[row[2]] for row in x]),
        "new axis",
    ),
    Case(
        shape.Concatenate,
        lambda x, y: functional.concatenate((x, y, x)),
        (normal(3, 2), normal(3, 1)),
        lambda x, y: np.array([[*a, *b, *a] for a, b in zip(x, y, strict=True)]),
        "with a part twice",
    ),
    Case(
        shape.Concatenate,
        lambda x, y: functional.concatenate((x, y), axis=0),
        (normal(3, 2), normal(1, 2)),
        lambda x, y: np.array([*x, *y]),
        "rows",
    ),
    Case(shape.Gather, lambda x: functional.gather(x, INDICES), (normal(2, 3),), gather_reference),
    Case(
        shape.Gather,
        lambda x: functional.gather(x, INDICES.T, axis=0),
        (normal(3, 2),),
        lambda x: np.array([[x[INDICES[j, i], j] for j in range(2)] for i in range(3)]),
        "axis 0",
    ),
    Case(
        shape.Take,
        lambda x: functional.take(x, INDICES),
        (normal(3, 2),),
        lambda x: np.array([[x[i] for i in line] for line in INDICES]),
    ),
    *(
        Case(
            linear.MatMul,
            lambda x, y: x @ y,
            (normal(*left), normal(*right)),
            looped_product,
            f"{left} {right}",
        )
        for left, right in (
            ((3, 4), (4, 2)),
            ((3, 1), (1, 2)),
            ((2, 3, 4), (4, 2)),
            ((3, 4), (2, 4, 1)),
            ((2, 1, 3, 4), (5, 4, 2)),
        )
    ),
    *affines(),
    *convolutions(),
    *pools(),
    *(
        Case(
            batch_norm.BatchNormalize,
            batch_normalize,
            (normal(*lengths, 2), normal(2), normal(2)),
            batch_norm_reference,
            f"{len(lengths) + 1} axes",
        )
        for lengths in ((5,), (2, 3, 4))
    ),
    Case(normalize.Softmax, functional.softmax, (normal(2, 3, 4),), rows(softmax_row)),
    Case(
        normalize.LogSoftmax,
        functional.log_softmax,
        (normal(2, 3, 4),),
        rows(lambda row: [math.log(p) for p in softmax_row(row)]),
    ),
    Case(
        normalize.LayerNormalize,
        functional.layer_normalize,
        (normal(3, 4), normal(4), normal(4)),
        layer_norm_reference,
    ),
    Case(
        normalize.LayerNormalize,
        functional.layer_normalize,
        (normal(2, 3, 4), normal(2, 1, 4), normal(2, 1, 4)),
        layer_norm_reference,
        "ensemble",
    ),
    Case(
        normalize.Drop,
        lambda x: functional.dropout(x, 0.25, np.random.default_rng(3)),
        (normal(20, 5),),
        kept_by_dropout,
    ),
    Case(
        distributions.SampleSquashedGaussian,
        squashed,
        (normal(3, 4),),
        lambda head: np.concatenate(log_density(head, NOISE), axis=1),
    ),
]

NO_GRADIENT = {shape.Detach}
"""Ops whose purpose is to have no gradient; a test of their own says so."""


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
]


def concrete_subclasses(base: type) -> set[type]:
    """Return every subclass defined in our packages that is not itself a base."""
    for module in pkgutil.iter_modules(policies.engine.__path__, "policies.engine."):
        importlib.import_module(module.name)
    found: set[type] = set()
    stack = [base]
    while stack:
        children = stack.pop().__subclasses__()
        found.update(c for c in children if not c.__subclasses__())
        stack.extend(children)
    return {c for c in found if c.__module__.startswith("policies.")}
