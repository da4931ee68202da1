"""Parameters in one vector, and what moves them: Adam, target averaging, clipping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from policies.engine.op import Array
from policies.engine.tensor import Tensor

CHUNK = 16384
"""Elements updated together: their parameters, moments and gradients fit in a core's cache."""


class ParameterVector:
    """Parameters laid end to end in one array, of which each becomes a view.

    Make it before any graph is built on the parameters, since it replaces their ``data``.
    """

    def __init__(self, parameters: Mapping[str, Tensor]) -> None:
        self.parameters = dict(parameters)
        tensors = self.parameters.values()
        self.values = np.concatenate([x.data.ravel() for x in tensors])
        self.gradient = np.zeros_like(self.values)
        for name, view in self.split(self.values).items():
            self.parameters[name].data = view
        for tensor, view in self.by_tensor(self.gradient).items():
            tensor.grad = view

    def split(self, vector: Array) -> dict[str, Array]:
        """Return the part of ``vector``, laid out as ours, that belongs to each name."""
        views: dict[str, Array] = {}
        start = 0
        for name, tensor in self.parameters.items():
            stop = start + tensor.data.size
            views[name] = vector[start:stop].reshape(tensor.shape)
            start = stop
        return views

    def by_tensor(self, vector: Array) -> dict[Tensor, Array]:
        """Return the same parts by the tensor they belong to."""
        return {self.parameters[name]: view for name, view in self.split(vector).items()}


def chunks(size: int, parts: int) -> list[list[slice]]:
    """Cut ``size`` elements into ``parts`` of about equal length, each into chunks."""
    bounds = [size * i // parts for i in range(parts + 1)]
    return [
        [slice(i, min(i + CHUNK, stop)) for i in range(start, stop, CHUNK)]
        for start, stop in pairwise(bounds)
    ]


class Adam:
    """Adam with bias correction, a chunk of the vector at a time.

    The moments are kept unnormalised, ``m = beta1 * m + g`` and ``v = beta2 * v + g * g``,
    which spares two passes; the missing factors are in the two scalars of each step. The
    result is that of Kingma and Ba 2015, algorithm 1, with epsilon outside the root.

    gradients: vectors that are added up; the parameters' own gradient by default.
    parts: how many calls of ``update`` make one step, on different parts of the vector.
    """

    def __init__(
        self,
        parameters: ParameterVector,
        learning_rate: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        gradients: Sequence[Array] | None = None,
        parts: int = 1,
    ) -> None:
        self.learning_rate, self.betas, self.epsilon = learning_rate, betas, epsilon
        self.steps = 0
        self.first_moment = np.zeros_like(parameters.values)
        self.second_moment = np.zeros_like(parameters.values)
        vectors = (parameters.values, self.first_moment, self.second_moment)
        sources = [parameters.gradient] if gradients is None else gradients
        self._parts = [
            [tuple(v[piece] for v in (*vectors, *sources)) for piece in pieces]
            for pieces in chunks(parameters.values.size, parts)
        ]
        self._work = [np.empty(CHUNK, parameters.values.dtype) for _ in range(parts)]
        self._scale = self._epsilon = 0.0

    def step(self) -> None:
        """Move every parameter once along the gradients as they are now."""
        self.advance()
        for part in range(len(self._parts)):
            self.update(part)

    def advance(self) -> None:
        """Begin a step: count it and work out its scalars."""
        self.steps += 1
        beta1, beta2 = self.betas
        first = (1 - beta1) / (1 - beta1**self.steps)
        root = ((1 - beta2) / (1 - beta2**self.steps)) ** 0.5
        self._scale = self.learning_rate * first / root
        self._epsilon = self.epsilon / root

    def update(self, part: int) -> None:
        """Move one part of the parameters, after ``advance``."""
        beta1, beta2 = self.betas
        for value, m, v, grad, *others in self._parts[part]:
            work = self._work[part][: value.size]
            for other in others:
                np.add(grad, other, grad)
            np.multiply(m, beta1, m)
            np.add(m, grad, m)
            np.multiply(grad, grad, work)
            np.multiply(v, beta2, v)
            np.add(v, work, v)
            np.sqrt(v, work)
            np.add(work, self._epsilon, work)
            np.divide(m, work, work)
            np.multiply(work, self._scale, work)
            np.subtract(value, work, value)


class Polyak:
    """Moves a target vector a little towards a source: ``target += rate * (source - target)``."""

    def __init__(self, source: Array, target: Array, rate: float, parts: int = 1) -> None:
        self.rate = rate
        self._parts = [
            [(source[piece], target[piece]) for piece in pieces]
            for pieces in chunks(source.size, parts)
        ]
        self._work = [np.empty(CHUNK, source.dtype) for _ in range(parts)]

    def update(self, part: int) -> None:
        """Move one part of the target."""
        for source, target in self._parts[part]:
            work = self._work[part][: source.size]
            np.subtract(source, target, work)
            np.multiply(work, self.rate, work)
            np.add(target, work, target)


def clip_by_norm(gradient: Array, max_norm: float) -> float:
    """Scale ``gradient`` in place so that its norm is at most ``max_norm``; return the old norm."""
    norm = float(np.sqrt(np.dot(gradient, gradient)))
    if norm > max_norm:
        np.multiply(gradient, max_norm / norm, gradient)
    return norm
