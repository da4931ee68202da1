"""What the processes of one SAC step read from and write for each other."""

from __future__ import annotations

import numpy as np

from policies.batch import Batch
from policies.engine.op import Array
from policies.engine.shared import Place


class StepArrays:
    """The batch of b transitions, its noise, and what passes between actor and critics.

    Pairs [2, ...] are of the observations, then of the next observations.

    noise, policy_action: [2, b, a]; policy_log_prob: [2, b, 1] the actor's new actions.
    target_values, policy_values: [k, b, 1] of the k targets at the next actions, and of the
        k critics, once they have moved, at the new actions.
    action_gradients: [processes, b, a] gradient of the actor's loss by its actions, in parts.
    """

    def __init__(
        self, rows: int, sizes: tuple[int, int], critics: int, processes: int, place: Place
    ) -> None:
        def zeros(*lengths: int) -> Array:
            return place(np.zeros(lengths, np.float32))

        observation_size, action_size = sizes
        self.observation = zeros(rows, observation_size)
        self.next_observation = zeros(rows, observation_size)
        self.action = zeros(rows, action_size)
        self.reward, self.discount = zeros(rows, 1), zeros(rows, 1)
        self.alpha = zeros(1)
        self.noise, self.policy_action = zeros(2, rows, action_size), zeros(2, rows, action_size)
        self.policy_log_prob = zeros(2, rows, 1)
        self.target_values, self.policy_values = zeros(critics, rows, 1), zeros(critics, rows, 1)
        self.action_gradients = zeros(processes, rows, action_size)
        self.critic_loss, self.mean_value = zeros(processes), zeros(processes)

    def fill(self, batch: Batch, alpha: float, rng: np.random.Generator) -> None:
        """Copy ``batch`` and the temperature in and draw new noise."""
        np.copyto(self.observation, batch.observation)
        np.copyto(self.action, batch.action)
        np.copyto(self.reward[:, 0], batch.reward)
        np.copyto(self.next_observation, batch.next_observation)
        np.copyto(self.discount[:, 0], batch.discount)
        self.alpha[0] = alpha
        rng.standard_normal(dtype=np.float32, out=self.noise)
