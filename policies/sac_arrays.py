"""What the processes of one SAC step read from and write for each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policies.augment import random_shift
from policies.batch import Batch
from policies.engine.op import Array
from policies.engine.shared import Place
from policies.observation import PRIVILEGED, ObservationSpec
from policies.sac_config import SACConfig


@dataclass(frozen=True)
class StepSizes:
    """What one row holds. action: how many numbers an action has; features: of a picture.

    shift: pixels by which pictures are moved at random; privileged: numbers to be predicted.
    """

    spec: ObservationSpec
    action: int
    features: int = 0
    shift: int = 0
    privileged: int = 0

    @classmethod
    def of(cls, spec: ObservationSpec, action: int, config: SACConfig) -> StepSizes:
        """Return the sizes of a learner with ``config``."""
        if spec.image is None:
            return cls(spec, action)
        privileged = spec.privileged if config.auxiliary else 0
        return cls(spec, action, config.latent + privileged, config.shift, privileged)

    @property
    def observation(self) -> int:
        """Return how many numbers actor and critics see."""
        return self.features + self.spec.vector_size

    @property
    def image(self) -> tuple[int, ...]:
        """Return the shape of a picture; an empty one without pictures."""
        return (0, 0, 0) if self.spec.image is None else self.spec.image.shape


class StepArrays:
    """The batch of b transitions, its noise, and what passes between actor and critics.

    critic_inputs: [3, b, o + a + 1] rows of observation, action and 1: as it happened, as the
        actor would act now, and as it would act next. The other inputs are views of it. With
        pictures an observation is the encoder's features and then the numbers beside them.
    images: [2, b, h, w, c] bytes, now and next; feature_gradients: [processes, b, features] of
        the critics' loss, in parts; privileged: [b, p] what is told of the pictures now;
        auxiliary_loss: [processes] of predicting it. They are empty without pictures.
    policy_action, noise: [2, b, a]; policy_log_prob: [2, b, 1] of the actor, now and next.
    values, target_values: [k, b, 1] of the k critics, and of the k targets at the next actions.
    policy_values: [k, b, 1] of the critics, once they have moved, at the actor's actions of now.
    action_gradients: [processes, b, a] gradient of the actor's loss by its actions, in parts.
    """

    def __init__(
        self,
        rows: int,
        sizes: StepSizes,
        critics: int,
        processes: int,
        place: Place,
    ) -> None:
        def zeros(*lengths: int) -> Array:
            return place(np.zeros(lengths, np.float32))

        observations, actions, features = sizes.observation, sizes.action, sizes.features
        self._sizes = sizes
        self.critic_inputs = inputs = zeros(3, rows, observations + actions + 1)
        inputs[..., -1] = 1
        self.actions = slice(observations, observations + actions)
        self.observation = inputs[:2, :, :observations]
        self.next_observation = inputs[2, :, :observations]
        self.features = inputs[..., :features]
        self.numbers = inputs[..., features:observations]
        self.images = place(np.zeros((2, rows, *sizes.image), np.uint8))
        self.privileged = zeros(rows, sizes.privileged)
        self.auxiliary_loss = zeros(processes)
        self.feature_gradients = zeros(processes, rows, features)
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
        spec = self._sizes.spec
        np.copyto(self.numbers[:2], spec.vector(batch.observation))
        np.copyto(self.numbers[2], spec.vector(batch.next_observation))
        if spec.image is not None:
            self._fill_images(batch, rng)
        np.copyto(self.action, batch.action)
        np.copyto(self.reward[:, 0], batch.reward)
        np.copyto(self.discount[:, 0], batch.discount)
        self.alpha[0] = alpha
        rng.standard_normal(dtype=np.float32, out=self.noise)

    def _fill_images(self, batch: Batch, rng: np.random.Generator) -> None:
        image = self._sizes.spec.image
        assert image is not None
        if self._sizes.privileged:
            np.copyto(self.privileged, batch.observation[PRIVILEGED])
        for out, observation in zip(
            self.images, (batch.observation, batch.next_observation), strict=True
        ):
            if self._sizes.shift:
                random_shift(observation[image.name], self._sizes.shift, rng, out)
            else:
                np.copyto(out, observation[image.name])
