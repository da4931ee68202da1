"""One case or more for every operation of the engine: inputs, and what it must compute."""

import math
from collections.abc import Callable, Iterator
from itertools import product

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
    looped_reduction,
    mean,
    normal,
    pooled,
    positive,
    rows,
    softmax_row,
)

from policies import distributions
from policies.engine import (
    batch_norm,
    conv,
    elementwise,
    functional,
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
