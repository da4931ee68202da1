"""What the processes of one SAC step read from and write for each other."""

from __future__ import annotations

import numpy as np

from policies.batch import Batch
from policies.engine.op import Array
from policies.engine.shared import Place


class StepArrays:
    """The batch of b transitions, its noise, and what passes between actor and critics.

    critic_inputs: [3, b, o + a + 1] rows of observation, action and 1: as it happened, as the
        actor would act now, and as it would act next. The other inputs are views of it.
    policy_action, noise: [2, b, a]; policy_log_prob: [2, b, 1] of the actor, now and next.
    values, target_values: [k, b, 1] of the k critics, and of the k targets at the next actions.
    policy_values: [k, b, 1] of the critics, once they have moved, at the actor's actions of now.
    action_gradients: [processes, b, a] gradient of the actor's loss by its actions, in parts.
    """

    def __init__(
        self, rows: int, sizes: tuple[int, int], critics: int, processes: int, place: Place
    ) -> None:
        def zeros(*lengths: int) -> Array:
            return place(np.zeros(lengths, np.float32))

        observations, actions = sizes
        self.critic_inputs = inputs = zeros(3, rows, observations + actions + 1)
        inputs[..., -1] = 1
        self.actions = slice(observations, observations + actions)
        self.observation = inputs[:2, :, :observations]
        self.next_observation = inputs[2, :, :observations]
        self.action = inputs[0, :, self.actions]
        self.policy_action = inputs[1:, :, self.actions]
        self.reward, self.discount = zeros(rows, 1), zeros(rows, 1)
        self.alpha = zeros(1)
        self.noise, self.policy_log_prob = zeros(2, rows, actions), zeros(2, rows, 1)
        self.values, self.target_values = zeros(critics, rows, 1), zeros(critics, rows, 1)
        self.policy_values = zeros(critics, rows, 1)
        self.action_gradients = zeros(processes, rows, actions)
        self.critic_loss = zeros(processes)

    def fill(self, batch: Batch, alpha: float, rng: np.random.Generator) -> None:
        """Copy ``batch`` and the temperature in and draw new noise."""
        np.copyto(self.observation, batch.observation)
        np.copyto(self.action, batch.action)
        np.copyto(self.reward[:, 0], batch.reward)
        np.copyto(self.next_observation, batch.next_observation)
        np.copyto(self.discount[:, 0], batch.discount)
        self.alpha[0] = alpha
        rng.standard_normal(dtype=np.float32, out=self.noise)
