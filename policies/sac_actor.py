"""The actor's work in one SAC step, on some rows of the batch."""

from __future__ import annotations

import numpy as np

from policies.distributions import sample_squashed_gaussian
from policies.engine import Program, Tensor
from policies.networks import GaussianActor
from policies.sac_arrays import StepArrays


class ActorShare:
    """Acts on its rows, and later learns from how the critics judge the actions.

    The loss is the mean of alpha * log pi - min Q. Its gradient by the actions comes from the
    critics; that by the log-probabilities is alpha over the size of the batch.
    """

    def __init__(self, actor: GaussianActor, arrays: StepArrays, rows: slice) -> None:
        self._arrays, self._rows = arrays, rows
        here, following = arrays.observation[0, rows], arrays.next_observation[rows]
        action, log_prob = sample_squashed_gaussian(actor(Tensor(here)), arrays.noise[0, rows])
        self._sampled = action, log_prob
        self._next_sampled = sample_squashed_gaussian(
            actor.frozen()(Tensor(following)), arrays.noise[1, rows]
        )
        self._action_gradient = np.zeros_like(action.data)
        self._log_prob_gradient = np.zeros_like(log_prob.data)
        self._program = Program(*self._sampled, *self._next_sampled)
        self._program.differentiate(
            *self._sampled, weights=(self._action_gradient, self._log_prob_gradient)
        )

    def act(self) -> None:
        """Sample actions for the observations and the next observations."""
        self._program.forward()
        for i, (action, log_prob) in enumerate((self._sampled, self._next_sampled)):
            np.copyto(self._arrays.policy_action[i, self._rows], action.data)
            np.copyto(self._arrays.policy_log_prob[i, self._rows], log_prob.data)

    def learn(self) -> None:
        """Write the gradient of the actor's weights."""
        arrays = self._arrays
        parts = arrays.action_gradients[:, self._rows]
        np.add.reduce(parts, axis=0, out=self._action_gradient)
        self._log_prob_gradient.fill(arrays.alpha[0] / len(arrays.reward))
        self._program.backward()
