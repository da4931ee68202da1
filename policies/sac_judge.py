"""What the critics tell the actor in one SAC step: values of its actions, and their slopes."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from policies.engine import Program, Tensor
from policies.engine.linear import Affine, transposed
from policies.engine.op import Array
from policies.networks import Critics
from policies.sac_arrays import StepArrays


class Judge(ABC):
    """Values the actor's new actions by some critics, and says how the loss changes with them.

    The loss is minus the mean of the least value of each row, so that a critic has a gradient
    only in the rows where its value is the least of all critics'.

    owned: which of all critics these are. rank: where this process leaves its results.
    """

    def __init__(self, critics: Critics, arrays: StepArrays, owned: slice, rank: int) -> None:
        self.arrays, self._owned = arrays, owned
        self.members = range(len(arrays.policy_values))[owned]
        self.gradient = arrays.action_gradients[rank]
        self.input = Tensor(arrays.critic_inputs[1], requires_grad=True)
        self.values = critics.frozen()(self.input)
        self.program = Program(self.values)

    def evaluate(self) -> None:
        """Value the actor's new actions."""
        self.program.forward()
        np.copyto(self.arrays.policy_values[self._owned], self.values.data)

    @abstractmethod
    def direct(self) -> None:
        """Write the gradient of the loss by the actions, once all critics have valued them."""


class DenseJudge(Judge):
    """Takes every row back through every critic, whatever the critics are made of."""

    def __init__(self, critics: Critics, arrays: StepArrays, owned: slice, rank: int) -> None:
        super().__init__(critics, arrays, owned, rank)
        self._weights = np.zeros_like(self.values.data)
        self._by_input = self.input.grad = np.zeros_like(self.input.data)
        self.program.differentiate(self.values, weights=(self._weights,))

    def direct(self) -> None:
        """Write the gradient of the loss by the actions, once all critics have valued them."""
        least = self.arrays.policy_values.argmin(axis=0)
        for weights, member in zip(self._weights, self.members, strict=True):
            np.multiply(least == member, -1 / len(least), out=weights)
        self.program.backward()
        np.copyto(self.gradient, self._by_input[:, self.arrays.actions])


class RowwiseJudge(Judge):
    """Takes each critic back through its own rows only, in about half the time.

    For critics of Affine layers with ReLU alone; TypeError for others.
    """

    def __init__(self, critics: Critics, arrays: StepArrays, owned: slice, rank: int) -> None:
        super().__init__(critics, arrays, owned, rank)
        *hidden, last = affine_layers(self.values)
        self._hidden, self._last = hidden, last.weight_transposed
        by_action = transposed(hidden[0].weight[:, arrays.actions])
        self._back = [by_action, *(layer.weight_transposed for layer in hidden[1:])]
        rows = len(self.gradient)
        self._outputs = [np.empty_like(layer.out[0]) for layer in hidden]
        self._positive = [np.empty(output.shape, np.bool_) for output in self._outputs]
        self._slopes = [np.empty((rows, weight.shape[-1]), np.float32) for weight in self._back]

    def direct(self) -> None:
        """Write the gradient of the loss by the actions, once all critics have valued them."""
        least = self.arrays.policy_values.argmin(axis=0)[:, 0]
        self.gradient.fill(0)
        for i, member in enumerate(self.members):
            rows = np.flatnonzero(least == member)
            self.gradient[rows] = self._through(i, rows, -1 / len(least))

    def _through(self, i: int, rows: Array, slope_of_value: float) -> Array:
        """Return [m, a], the gradient by the actions of m rows, through one critic."""
        slope: Array = slope_of_value * self._last[i]  # [1, h], the same in every row so far
        for depth in reversed(range(len(self._hidden))):
            output = self._outputs[depth][: len(rows)]
            positive = self._positive[depth][: len(rows)]
            np.take(self._hidden[depth].out[i], rows, axis=0, out=output, mode="clip")
            np.greater(output, 0, positive)
            np.multiply(slope, positive, output)
            slope = np.matmul(output, self._back[depth][i], self._slopes[depth][: len(rows)])
        return slope


def affine_layers(values: Tensor) -> list[Affine]:
    """Return the layers that made ``values`` from a leaf, first layer first.

    Raises TypeError if there are other ops.
    """
    layers: list[Affine] = []
    op = values.op
    while isinstance(op, Affine):
        layers.insert(0, op)
        op = op.inputs[0].op
    if op is not None or any(layer.activation != "relu" for layer in layers[:-1]):
        raise TypeError("the values do not come from Affine layers with ReLU between them")
    return layers
