"""Running a graph again in place: the forward passes in order, then the gradients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from policies.engine.op import Array, Op

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor

Step = Callable[[], object]
Place = tuple[Op | int, int]


class Program:
    """A graph, built once by running it eagerly, that is replayed on new inputs.

    Copy new values into the ``data`` of the leaves, then call ``forward`` and ``backward``.
    Every buffer is reused: a replay allocates nothing and rebuilds nothing, so shapes are
    fixed, and whatever the building code decided in Python stays decided.

    outputs: the tensors to bring up to date by ``forward``; ops nobody needs are left out.
    after: a program that ``forward`` may rely on having run already.
    """

    def __init__(self, *outputs: Tensor, after: Program | None = None) -> None:
        done = after.ops if after else frozenset()
        order = [op for op in topological_order(outputs) if op not in done]
        self.ops: frozenset[Op] = done.union(order)
        self._forward: list[Step] = [op.forward for op in order if not op.is_view]
        self._backward: list[Step] = []

    def differentiate(self, *outputs: Tensor, weights: Sequence[Array] = ()) -> None:
        """Let ``backward`` write gradients into the ``grad`` of the leaves.

        They are those of the one output, a scalar, or else of the sum of all elements of the
        outputs times ``weights``, arrays of their shapes that each ``backward`` reads anew.
        """
        self._backward = plan(outputs, weights)

    def forward(self) -> None:
        """Bring the outputs up to date with the data of the leaves."""
        for step in self._forward:
            step()

    def backward(self) -> None:
        """Write the gradients of the differentiated loss, as of the last ``forward``."""
        for step in self._backward:
            step()


def backpropagate(loss: Tensor) -> None:
    """Leave the gradient of ``loss`` in the ``grad`` of its leaves, once."""
    for step in plan((loss,)):
        step()


def topological_order(outputs: Iterable[Tensor]) -> list[Op]:
    """Return the ops that ``outputs`` depend on, each after those that feed it."""
    order: list[Op] = []
    seen: set[Op] = set()
    stack = [(tensor.op, False) for tensor in outputs]
    while stack:
        op, is_expanded = stack.pop()
        if op is None:
            continue
        if is_expanded:
            order.append(op)
        elif op not in seen:
            seen.add(op)
            stack.append((op, True))
            stack.extend((x.op, False) for x in reversed(op.inputs))
    return order


def plan(outputs: Sequence[Tensor], weights: Sequence[Array] = ()) -> list[Step]:
    """Return the calls that, in order, write the gradient of the outputs into every leaf.

    Which contribution to a tensor comes first and overwrites, and which come later and are
    added, is decided here, once.
    """
    if not weights and (len(outputs) != 1 or outputs[0].data.size != 1):
        shapes = ", ".join(str(tensor.shape) for tensor in outputs)
        raise ValueError(f"only a scalar has a gradient without weights, got shapes {shapes}")
    if not all(tensor.requires_grad for tensor in outputs):
        raise ValueError("an output depends on no tensor that requires a gradient")
    return _Planner(outputs, weights or [np.ones_like(outputs[0].data)]).steps


class _Planner:
    """Walks the graph backwards and keeps the buffer of every gradient in flight."""

    def __init__(self, outputs: Sequence[Tensor], weights: Sequence[Array]) -> None:
        self.steps: list[Step] = []
        self._buffers: dict[Place, Array] = {}
        self._free: dict[tuple[tuple[int, ...], np.dtype[np.generic]], list[Array]] = defaultdict(
            list
        )
        for output, weight in zip(outputs, weights, strict=True):
            # A copy, since the op that made the output may destroy its gradient.
            self._buffers[_place(output)] = self._first(output)
            self.steps.append(partial(np.copyto, self._buffers[_place(output)], weight))
        for op in reversed(topological_order(outputs)):
            if any(x.requires_grad for x in op.inputs):
                self._visit(op)

    def _visit(self, op: Op) -> None:
        grads = [self._buffers.pop((op, i), None) for i in range(len(op.outputs))]
        if all(grad is None for grad in grads):
            return  # only a detached tensor leads here
        known = [
            self._zeros(out) if grad is None else grad
            for grad, out in zip(grads, op.outputs, strict=True)
        ]
        into, sums, spare = self._destinations(op.inputs)
        self.steps.append(partial(op.backward, *known, *into))
        self.steps.extend(sums)
        for buffer in (*spare, *known):
            self._free[buffer.shape, buffer.dtype].append(buffer)

    def _destinations(
        self, inputs: Sequence[Tensor]
    ) -> tuple[list[Array | None], list[Step], list[Array]]:
        into: list[Array | None] = []
        sums: list[Step] = []
        spare: list[Array] = []
        for x in inputs:
            place = _place(x)
            if not x.requires_grad:
                into.append(None)
            elif place not in self._buffers:
                self._buffers[place] = self._first(x)
                into.append(self._buffers[place])
            else:
                extra, total = self._take(x.data), self._buffers[place]
                into.append(extra)
                sums.append(partial(np.add, total, extra, total))
                spare.append(extra)
        return into, sums, spare

    def _first(self, x: Tensor) -> Array:
        if x.op is not None:
            return self._take(x.data)
        if x.grad is None:
            x.grad = np.empty(x.data.shape, x.data.dtype)
        return x.grad

    def _take(self, like: Array) -> Array:
        free = self._free[like.shape, like.dtype]
        return free.pop() if free else np.empty(like.shape, like.dtype)

    def _zeros(self, like: Array) -> Array:
        buffer = self._take(like)
        self.steps.append(partial(buffer.fill, 0))
        return buffer


def _place(x: Tensor) -> Place:
    return (id(x), 0) if x.op is None else (x.op, x.index)
