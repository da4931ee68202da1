"""Parameters in one vector, and what moves them: Adam, target averaging, clipping."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from policies.engine.op import Array
from policies.engine.shared import Place
from policies.engine.tensor import Tensor

CHUNK = 65536
"""Elements updated together: what belongs to them fits in the cache of a core."""


class ParameterVector:
    """Parameters laid end to end in one array, of which each becomes a view.

    Make it before any graph is built on the parameters, since it replaces their ``data``, and
    their ``grad`` by views of one gradient vector.

    place: puts the arrays where other processes see them.
    rank, size: which of how many processes that each have a gradient vector, and each move
        one part of the parameters.
    """

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        place: Place = np.copy,
        rank: int = 0,
        size: int = 1,
    ) -> None:
        self.parameters = dict(parameters)
        self.values = place(np.concatenate([x.data.ravel() for x in self.parameters.values()]))
        self.gradients = [place(np.zeros_like(self.values)) for _ in range(size)]
        start, stop = (self.values.size * i // size for i in (rank, rank + 1))
        self.chunks = [slice(i, min(i + CHUNK, stop)) for i in range(start, stop, CHUNK)]
        views, gradients = self.split(self.values), self.split(self.gradients[rank])
        for name, tensor in self.parameters.items():
            tensor.data, tensor.grad = views[name], gradients[name]

    def split(self, vector: Array) -> dict[str, Array]:
        """Return the part of ``vector``, laid out as ours, that belongs to each name."""
        views: dict[str, Array] = {}
        start = 0
        for name, tensor in self.parameters.items():
            stop = start + tensor.data.size
            views[name] = vector[start:stop].reshape(tensor.shape)
            start = stop
        return views


class Adam:
    """Adam with bias correction, a chunk of the vector at a time.

    The moments are kept unnormalised, ``m = beta1 * m + g`` and ``v = beta2 * v + g * g``,
    which spares two passes; the missing factors are in the two scalars of each step. The
    result is that of Kingma and Ba 2015, algorithm 1, with epsilon outside the root.
    """

    def __init__(
        self,
        parameters: ParameterVector,
        learning_rate: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        place: Place = np.copy,
    ) -> None:
        self.learning_rate, self.betas, self.epsilon = learning_rate, betas, epsilon
        self.steps = place(np.zeros(1, np.int64))
        self.first_moment = place(np.zeros_like(parameters.values))
        self.second_moment = place(np.zeros_like(parameters.values))
        vectors = [parameters.values, self.first_moment, self.second_moment]
        vectors += parameters.gradients
        self._chunks = [[vector[chunk] for vector in vectors] for chunk in parameters.chunks]
        self._work = np.empty(CHUNK, parameters.values.dtype)

    def step(self) -> None:
        """Move every parameter once along the gradient as it is now."""
        self.advance()
        self.update()

    def advance(self) -> None:
        """Count a step; one process does so for all."""
        self.steps += 1

    def update(self) -> None:
        """Move this process's part of the parameters along the sum of all gradients."""
        beta1, beta2 = self.betas
        steps = int(self.steps[0])
        root = ((1 - beta2) / (1 - beta2**steps)) ** 0.5
        scale = self.learning_rate * (1 - beta1) / (1 - beta1**steps) / root
        epsilon = self.epsilon / root
        for value, m, v, grad, *others in self._chunks:
            work = self._work[: value.size]
            for other in others:
                np.add(grad, other, grad)
            np.multiply(m, beta1, m)
            np.add(m, grad, m)
            np.multiply(grad, grad, work)
            np.multiply(v, beta2, v)
            np.add(v, work, v)
            np.sqrt(v, work)
            np.add(work, epsilon, work)
            np.divide(m, work, work)
            np.multiply(work, scale, work)
            np.subtract(value, work, value)


class Polyak:
    """Moves a target vector a little towards a source: ``target += rate * (source - target)``."""

    def __init__(self, source: ParameterVector, target: ParameterVector, rate: float) -> None:
        self.rate = rate
        self._chunks = [(source.values[c], target.values[c]) for c in source.chunks]
        self._work = np.empty(CHUNK, source.values.dtype)

    def update(self) -> None:
        """Move this process's part of the target."""
        for source, target in self._chunks:
            work = self._work[: source.size]
            np.subtract(source, target, work)
            np.multiply(work, self.rate, work)
            np.add(target, work, target)


def clip_by_norm(gradient: Array, max_norm: float) -> float:
    """Scale ``gradient`` in place so that its norm is at most ``max_norm``; return the old norm."""
    norm = float(np.sqrt(np.dot(gradient, gradient)))
    if norm > max_norm:
        np.multiply(gradient, max_norm / norm, gradient)
    return norm
