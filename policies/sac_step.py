"""One gradient step of SAC, as each of the processes that share it takes it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from policies.batch import Batch
from policies.distributions import sample_squashed_gaussian
from policies.engine import Program, Tensor
from policies.engine.functional import squared_error
from policies.engine.op import Array
from policies.engine.optim import Adam, ParameterVector, Polyak
from policies.engine.shared import Place
from policies.networks import Critics, GaussianActor
from policies.sac_config import SACConfig


class StepInputs:
    """What one gradient step reads: a batch of b transitions and the noise of its actions."""

    def __init__(self, rows: int, observation_size: int, action_size: int, place: Place) -> None:
        def zeros(width: int) -> Array:
            return place(np.zeros((rows, width), np.float32))

        self.observation, self.next_observation = zeros(observation_size), zeros(observation_size)
        self.action, self.reward, self.discount = zeros(action_size), zeros(1), zeros(1)
        self.noise = place(np.zeros((2, rows, action_size), np.float32))

    def fill(self, batch: Batch, rng: np.random.Generator) -> None:
        """Copy ``batch`` in and draw new noise."""
        np.copyto(self.observation, batch.observation)
        np.copyto(self.action, batch.action)
        np.copyto(self.reward[:, 0], batch.reward)
        np.copyto(self.next_observation, batch.next_observation)
        np.copyto(self.discount[:, 0], batch.discount)
        rng.standard_normal(dtype=np.float32, out=self.noise)

    def rows(self, rows: slice) -> StepInputs:
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


class Losses:
    """The losses over some rows of a batch, as two programs to replay.

    They are sums over these rows divided by ``batch_size``, so that the gradients of all
    processes add up to that of the batch. As in stable-baselines3, the action the actor is
    judged by is sampled before the critics move, and judged by them after they have.
    """

    def __init__(
        self, networks: Networks, inputs: StepInputs, alpha: Tensor, batch_size: int
    ) -> None:
        actor, critics = networks.actor, networks.critics
        observation = Tensor(inputs.observation)
        action, log_prob = sample_squashed_gaussian(actor(observation), inputs.noise[0])
        values = critics(observation, Tensor(inputs.action))
        goal = self._goal(networks, inputs, alpha)
        critic_loss = squared_error(values, goal, 0.5 / batch_size)
        score = critics.frozen()(observation, action).min(axis=0)
        actor_loss = (alpha * log_prob - score).sum() * (1 / batch_size)

        self._critic_loss, self._actor_loss = critic_loss.data, actor_loss.data
        self._values, self._log_prob = values.data, log_prob.data
        self._batch_size = batch_size
        self.critic_program = Program(critic_loss, action, log_prob)
        self.critic_program.differentiate(critic_loss)
        self.actor_program = Program(actor_loss, after=self.critic_program)
        self.actor_program.differentiate(actor_loss)

    def figures(self) -> tuple[float, float, float, float]:
        """Return what these rows add to critic loss, actor loss, mean value and entropy."""
        value = self._values.sum() / (len(self._values) * self._batch_size)
        entropy = -self._log_prob.sum() / self._batch_size
        return self._critic_loss.item(), self._actor_loss.item(), value, entropy

    @staticmethod
    def _goal(networks: Networks, inputs: StepInputs, alpha: Tensor) -> Tensor:
        """Return r + discount * (min Q'(s', a') - alpha log pi(a'|s')), [n, 1]."""
        following = Tensor(inputs.next_observation)
        head = networks.actor.frozen()(following)
        action, log_prob = sample_squashed_gaussian(head, inputs.noise[1])
        value = networks.targets(following, action).min(axis=0) - alpha * log_prob
        return Tensor(inputs.reward) + Tensor(inputs.discount) * value


class SACStep:
    """The networks, their optimisers, and this process's share of a gradient step.

    rank, size: which of how many processes this is; each takes an equal share of the rows of
        the batch to compute gradients, and of the parameters to move them.
    meet: waits until all processes have come as far.
    """

    def __init__(
        self,
        sizes: tuple[int, int],
        config: SACConfig,
        seed: int,
        place: Place,
        rank: int,
        size: int,
        meet: Callable[[], None],
    ) -> None:
        self.networks = networks = _networks(sizes, config, seed)
        self._meet = meet

        def vector(module: GaussianActor | Critics) -> ParameterVector:
            return ParameterVector(module.parameters(), place, rank, size)

        self.actor, self.critics = vector(networks.actor), vector(networks.critics)
        self.targets = vector(networks.targets)
        self.actor_adam = Adam(self.actor, config.learning_rate, place=place)
        self.critic_adam = Adam(self.critics, config.learning_rate, place=place)
        self._polyak = Polyak(self.critics, self.targets, config.tau)
        self.alpha = place(np.full(1, config.init_alpha, np.float32))
        self.inputs = StepInputs(config.batch_size, *sizes, place)
        self.sums = place(np.zeros((size, 4)))
        """Critic loss, actor loss, mean value and entropy: what each process adds to them."""
        self._sums = self.sums[rank]
        bounds = [config.batch_size * i // size for i in (rank, rank + 1)]
        rows = self.inputs.rows(slice(*bounds))
        self._losses = Losses(networks, rows, Tensor(self.alpha), config.batch_size)

    def prepare(self, batch: Batch, rng: np.random.Generator) -> None:
        """Make the next step one on ``batch``; called in the first process only."""
        self.inputs.fill(batch, rng)
        self.actor_adam.advance()
        self.critic_adam.advance()

    def __call__(self) -> None:
        """Move critics and targets, then the actor."""
        losses = self._losses
        losses.critic_program.forward()
        losses.critic_program.backward()
        self._meet()
        self.critic_adam.update()
        self._polyak.update()
        self._meet()
        losses.actor_program.forward()
        losses.actor_program.backward()
        self._meet()
        self.actor_adam.update()
        self._sums[:] = losses.figures()


def _networks(sizes: tuple[int, int], config: SACConfig, seed: int) -> Networks:
    rng = np.random.default_rng([seed, 1])
    actor = GaussianActor(*sizes, config.hidden, rng)
    critics = Critics(*sizes, config.hidden, rng, layer_norm=config.critic_layer_norm)
    targets = copy.deepcopy(critics)
    for tensor in targets.parameters().values():
        tensor.requires_grad = False
    return Networks(actor, critics, targets)
