"""The graphs of one SAC gradient step, for one lane's share of the batch."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from policies.batch import Batch
from policies.distributions import sample_squashed_gaussian
from policies.engine import Program, Tensor
from policies.engine.op import Array
from policies.networks import Critics, GaussianActor


class StepInputs:
    """What one gradient step reads: a batch of b transitions and the noise of its actions."""

    def __init__(self, rows: int, observation_size: int, action_size: int) -> None:
        def empty(width: int) -> Array:
            return np.zeros((rows, width), np.float32)

        self.observation, self.next_observation = empty(observation_size), empty(observation_size)
        self.action, self.reward, self.discount = empty(action_size), empty(1), empty(1)
        self.noise = np.zeros((2, rows, action_size), np.float32)

    def fill(self, batch: Batch, rng: np.random.Generator) -> None:
        """Copy ``batch`` in and draw new noise."""
        np.copyto(self.observation, batch.observation)
        np.copyto(self.action, batch.action)
        np.copyto(self.reward[:, 0], batch.reward)
        np.copyto(self.next_observation, batch.next_observation)
        np.copyto(self.discount[:, 0], batch.discount)
        rng.standard_normal(dtype=np.float32, out=self.noise)

    def part(self, rows: slice) -> StepInputs:
        """Return views of some of the rows."""
        view = copy.copy(self)
        for name, array in vars(self).items():
            setattr(view, name, array[:, rows] if name == "noise" else array[rows])
        return view


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks of SAC: the actor, the critics, and the critics' slow copy."""

    actor: GaussianActor
    critics: Critics
    targets: Critics


class LaneGraph:
    """Critic and actor losses over some rows of a batch, as programs to replay.

    The losses are sums over these rows divided by ``batch_size``, so that the gradients of
    all lanes add up to that of the batch. As in stable-baselines3, the action the actor is
    judged by is sampled before the critics move, and judged by them after they have.
    """

    def __init__(
        self,
        networks: Networks,
        inputs: StepInputs,
        alpha: Tensor,
        batch_size: int,
        gradients: dict[Tensor, Array],
    ) -> None:
        actor, critics = networks.actor, networks.critics
        observation = Tensor(inputs.observation)
        action, log_prob = sample_squashed_gaussian(actor(observation), inputs.noise[0])
        goal = self._goal(networks, inputs, alpha)
        values = critics(observation, Tensor(inputs.action))
        critic_loss = (values - goal).square().sum() * (0.5 / batch_size)
        score = critics.frozen()(observation, action).min(axis=0)
        actor_loss = (alpha * log_prob - score).sum() * (1 / batch_size)

        self.critic_loss, self.actor_loss = critic_loss.data, actor_loss.data
        self.values, self.log_prob = values.data, log_prob.data
        self.critic_step = Program(critic_loss, action, log_prob)
        self.critic_step.differentiate(critic_loss, gradients)
        self.actor_step = Program(actor_loss, after=self.critic_step)
        self.actor_step.differentiate(actor_loss, gradients)

    def _goal(self, networks: Networks, inputs: StepInputs, alpha: Tensor) -> Tensor:
        """Return r + discount * (min Q'(s', a') - alpha log pi(a'|s')), [n, 1]."""
        following = Tensor(inputs.next_observation)
        head = networks.actor.frozen()(following)
        action, log_prob = sample_squashed_gaussian(head, inputs.noise[1])
        value = networks.targets(following, action).min(axis=0) - alpha * log_prob
        return Tensor(inputs.reward) + Tensor(inputs.discount) * value

    def run_critic_step(self) -> None:
        """Sample actions and write the critics' gradient."""
        self.critic_step.forward()
        self.critic_step.backward()

    def run_actor_step(self) -> None:
        """Judge the sampled actions by the critics and write the actor's gradient."""
        self.actor_step.forward()
        self.actor_step.backward()
