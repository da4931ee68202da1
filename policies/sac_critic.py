"""The work of some of the critics in one SAC step, on the whole batch."""

from __future__ import annotations

import numpy as np

from policies.engine import Program, Tensor
from policies.engine.functional import concatenate, squared_error
from policies.learned import Learned
from policies.networks import Critics
from policies.sac_arrays import StepArrays


class CriticShare:
    """Evaluates the batch and learns its values.

    owned: which of all critics these are. rank: where this process leaves its results.
    """

    def __init__(
        self, learned: Learned[Critics], arrays: StepArrays, owned: slice, rank: int
    ) -> None:
        self._learned, self._arrays, self._owned, self._rank = learned, arrays, owned, rank
        has_features = bool(arrays.features.shape[-1])
        happened = Tensor(arrays.critic_inputs[0], requires_grad=has_features)
        following = Tensor(arrays.critic_inputs[2])
        averages = {name: x.copy() for name, x in learned.network.buffers().items()}
        self._values, next_values = self._graphs(happened, following)
        for name, buffer in learned.network.buffers().items():
            np.copyto(buffer, averages[name])  # the first pass, on nothing yet, is not to count
        self._next_values = next_values.data
        self._evaluation = Program(next_values, self._values)

        self._loss = squared_error(self._values, self._goal(), 0.5 / len(arrays.reward))
        self._lesson = Program(self._loss, after=self._evaluation)
        happened.grad = np.zeros_like(happened.data) if has_features else None
        self._lesson.differentiate(self._loss)
        self._happened = happened

    def _graphs(self, happened: Tensor, following: Tensor) -> tuple[Tensor, Tensor]:
        """Return the values [k, b, 1] of what happened, and of what is to follow.

        Without targets both go through the critics as one batch, so that the statistics of its
        normalisation suit both (Bhatt et al. 2024, figure 2).
        """
        if self._learned.slow is not None:
            return self._learned.network(happened), self._learned.target(following)
        rows = len(self._arrays.reward)
        joint = self._learned.network(concatenate((happened, following), axis=0))
        return joint[:, :rows], joint[:, rows:].detach()

    def _goal(self) -> Tensor:
        """Return r + discount * (min Q'(s', a') - alpha log pi(a'|s')), [b, 1]."""
        arrays = self._arrays
        entropy_bonus = Tensor(arrays.alpha) * Tensor(arrays.policy_log_prob[1])
        value = Tensor(arrays.target_values).min(axis=0) - entropy_bonus
        return Tensor(arrays.reward) + Tensor(arrays.discount) * value

    def evaluate(self) -> None:
        """Evaluate the batch, and the targets at the actor's next actions."""
        self._evaluation.forward()
        np.copyto(self._arrays.values[self._owned], self._values.data)
        np.copyto(self._arrays.target_values[self._owned], self._next_values)

    def learn(self) -> None:
        """Move these critics and their targets, once all targets are known."""
        self._lesson.forward()
        self._lesson.backward()
        self._learned.move()
        self._arrays.critic_loss[self._rank] = self._loss.data
        if self._happened.grad is not None:
            gradients = self._arrays.feature_gradients[self._rank]
            np.copyto(gradients, self._happened.grad[:, : gradients.shape[-1]])
