"""Soft actor-critic: squashed Gaussian actor, twin critics, learned temperature."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.batch import Batch
from policies.distributions import standard_deviation
from policies.engine.lanes import Lanes
from policies.engine.optim import Adam, ParameterVector, Polyak
from policies.engine.tensor import Tensor
from policies.errors import PolicyError
from policies.networks import Critics, GaussianActor
from policies.policy import Policy
from policies.sac_graph import LaneGraph, Networks, StepInputs

Array = NDArray[np.float32]


@dataclass(frozen=True)
class SACConfig:
    """Settings of soft actor-critic."""

    hidden: tuple[int, ...] = (256, 256)
    """Widths of the hidden layers, of the actor and of each critic."""
    learning_rate: float = 3e-4
    """Adam's step size for actor and critics."""
    alpha_learning_rate: float = 3e-4
    """Adam's step size for the logarithm of the temperature."""
    gamma: float = 0.99
    """Discount of a reward one step later."""
    tau: float = 0.005
    """How far the target critics move towards the critics at each update."""
    batch_size: int = 256
    """Transitions of one gradient step."""
    init_alpha: float = 1.0
    """Temperature at the start: how much a nat of entropy is worth in reward."""
    learn_alpha: bool = True
    """Whether the temperature is tuned to reach the target entropy."""
    target_entropy: float | None = None
    """Entropy the policy shall keep [nat]; None stands for minus the number of actions."""
    critic_layer_norm: bool = False
    """Normalise the critics' hidden layers: steadier at many updates a step, and slower."""
    threads: int = 2
    """Threads of a gradient step. Runs repeat bit for bit with the same number."""

    def __post_init__(self) -> None:
        positive = ("learning_rate", "alpha_learning_rate", "batch_size", "init_alpha", "threads")
        for name in positive:
            if not getattr(self, name) > 0:
                raise PolicyError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("gamma", "tau"):
            if not 0 <= getattr(self, name) <= 1:
                raise PolicyError(f"{name} must be within [0, 1], got {getattr(self, name)}")
        if not self.hidden or min(self.hidden) < 1:
            raise PolicyError(f"hidden needs one positive width or more, got {self.hidden}")


class SAC:
    """A learner of one policy.

    Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", algorithm 1, with
    the conventions of stable-baselines3: the temperature used in a step is that before it.
    """

    CHECK_EVERY = 200
    """Updates between two checks that every weight is finite."""

    def __init__(
        self, observation_size: int, action_size: int, config: SACConfig, seed: int
    ) -> None:
        self.config = config
        self.observation_size, self.action_size = observation_size, action_size
        self.updates = 0
        self._rng = np.random.default_rng(seed)
        self._lanes = Lanes(min(config.threads, config.batch_size))
        self._networks = self._build_networks()
        self._optimize()
        self._graphs: tuple[StepInputs, list[LaneGraph]] | None = None
        self._policy = Policy(self.policy_arrays())

    @property
    def alpha(self) -> float:
        """Return the temperature."""
        return float(np.exp(self._log_alpha.values[0]))

    def act(self, observations: Array, deterministic: bool = False) -> Array:
        """Return actions [n, a] in [-1, 1] for observations [n, o]; the mean if deterministic."""
        mean, raw = self._policy.head(observations)
        if deterministic:
            return np.tanh(mean)
        noise = self._rng.standard_normal(mean.shape, np.float32)
        return np.tanh(mean + standard_deviation(raw) * noise)

    def update(self, batch: Batch, metrics: bool = True) -> dict[str, float]:
        """Take one gradient step of critics, actor and temperature; move the targets.

        Returns the losses, mean value, entropy and temperature, or nothing if not asked for.
        Raises PolicyError if the batch does not fit or, checked now and then, if a weight is
        no longer finite.
        """
        inputs, graphs = self._graphs_for(batch)
        inputs.fill(batch, self._rng)
        np.exp(self._log_alpha.values, out=self._alpha.data)
        lanes, parts = self._lanes, range(len(self._lanes))
        lanes.run([graph.run_critic_step for graph in graphs])
        self._critic_adam.advance()
        lanes.run([partial(self._move_critics, part) for part in parts])
        lanes.run([graph.run_actor_step for graph in graphs])
        self._actor_adam.advance()
        lanes.run([partial(self._actor_adam.update, part) for part in parts])
        entropy = -sum(float(graph.log_prob.sum()) for graph in graphs) / len(batch)
        if self.config.learn_alpha:
            self._move_alpha(entropy)
        self.updates += 1
        if self.updates % self.CHECK_EVERY == 0:
            self.check_finite()
        return self._metrics(graphs, entropy) if metrics else {}

    def check_finite(self) -> None:
        """Raise PolicyError, naming what diverged, unless every weight is finite."""
        for name, vector in self._vectors().items():
            if not np.isfinite(vector.values).all():
                raise PolicyError(
                    f"the {name} diverged within {self.updates} updates: lower the learning "
                    "rate, scale the rewards down, or turn critic_layer_norm on"
                )

    def policy_arrays(self) -> dict[str, Array]:
        """Return the actor's weights as `Policy` takes them: views, not copies."""
        prefix = "net.layers."
        named = self._networks.actor.parameters()
        return {name.removeprefix(prefix): x.data for name, x in named.items()}

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return all that is needed to go on bit for bit: arrays (copies) and JSON values."""
        arrays = {name: array.copy() for name, array in self._state_views().items()}
        meta = {
            "updates": self.updates,
            "adam_steps": {name: adam.steps for name, adam in self._adams().items()},
            "rng": self._rng.bit_generator.state,
        }
        return arrays, meta

    def load_state(self, arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> None:
        """Take over what `state` returned for a learner of the same sizes.

        Raises PolicyError, before anything is changed, if a name or a shape differs.
        """
        views = self._state_views()
        if set(arrays) != set(views):
            wrong = ", ".join(sorted(set(arrays) ^ set(views)))
            raise PolicyError(f"the state does not fit this learner: missing or unknown {wrong}")
        for name, view in views.items():
            if arrays[name].shape != view.shape:
                raise PolicyError(
                    f"the state's {name} has shape {arrays[name].shape}, expected {view.shape}"
                )
        try:
            updates, rng = int(meta["updates"]), meta["rng"]
            steps = {name: int(meta["adam_steps"][name]) for name in self._adams()}
            self._rng.bit_generator.state = rng
        except (KeyError, TypeError, ValueError) as error:
            raise PolicyError(f"the state's counters are damaged: {error!r}") from error
        self.updates = updates
        for name, adam in self._adams().items():
            adam.steps = steps[name]
        for name, view in views.items():
            np.copyto(view, arrays[name])

    def _build_networks(self) -> Networks:
        sizes, hidden = (self.observation_size, self.action_size), self.config.hidden
        actor = GaussianActor(*sizes, hidden, self._rng)
        critics = Critics(*sizes, hidden, self._rng, layer_norm=self.config.critic_layer_norm)
        targets = copy.deepcopy(critics)
        for tensor in targets.parameters().values():
            tensor.requires_grad = False
        return Networks(actor, critics, targets)

    def _optimize(self) -> None:
        config, networks, parts = self.config, self._networks, len(self._lanes)
        self._alpha = Tensor(np.full(1, config.init_alpha, np.float32))
        log_alpha = Tensor(np.log(self._alpha.data), requires_grad=True)
        self._actor = ParameterVector(networks.actor.parameters())
        self._critics = ParameterVector(networks.critics.parameters())
        self._targets = ParameterVector(networks.targets.parameters())
        self._log_alpha = ParameterVector({"log_alpha": log_alpha})
        self._lane_gradients = [
            {vector: np.zeros_like(vector.values) for vector in (self._actor, self._critics)}
            for _ in range(parts)
        ]

        def adam(vector: ParameterVector) -> Adam:
            gradients = [lane[vector] for lane in self._lane_gradients]
            return Adam(vector, config.learning_rate, gradients=gradients, parts=parts)

        self._actor_adam, self._critic_adam = adam(self._actor), adam(self._critics)
        self._alpha_adam = Adam(self._log_alpha, config.alpha_learning_rate)
        source, target = self._critics.values, self._targets.values
        self._polyak = Polyak(source, target, config.tau, parts)

    def _graphs_for(self, batch: Batch) -> tuple[StepInputs, list[LaneGraph]]:
        rows, sizes = len(batch), (self.observation_size, self.action_size)
        if self._graphs is None or len(self._graphs[0].reward) != rows:
            inputs, lanes = StepInputs(rows, *sizes), len(self._lanes)
            if rows < lanes:
                raise PolicyError(f"a batch of {rows} cannot be shared by {lanes} threads")
            bounds = [rows * i // lanes for i in range(lanes + 1)]
            graphs = [
                self._lane_graph(inputs.part(slice(*bounds[i : i + 2])), rows, i)
                for i in range(lanes)
            ]
            self._graphs = inputs, graphs
        shapes = batch.observation.shape, batch.next_observation.shape, batch.action.shape
        if shapes != ((rows, sizes[0]), (rows, sizes[0]), (rows, sizes[1])):
            raise PolicyError(
                f"a batch of {rows} with observations {shapes[0]} and actions {shapes[2]} "
                f"does not fit a learner of {sizes[0]} and {sizes[1]}"
            )
        return self._graphs

    def _lane_graph(self, inputs: StepInputs, rows: int, lane: int) -> LaneGraph:
        gradients: dict[Tensor, NDArray[Any]] = {}
        for vector, gradient in self._lane_gradients[lane].items():
            gradients |= vector.by_tensor(gradient)
        return LaneGraph(self._networks, inputs, self._alpha, rows, gradients)

    def _move_critics(self, part: int) -> None:
        self._critic_adam.update(part)
        self._polyak.update(part)

    def _move_alpha(self, entropy: float) -> None:
        target = self.config.target_entropy
        wanted = -float(self.action_size) if target is None else target
        # The gradient of -log_alpha * (log pi + target entropy), averaged over the batch.
        self._log_alpha.gradient[0] = entropy - wanted
        self._alpha_adam.step()

    def _metrics(self, graphs: list[LaneGraph], entropy: float) -> dict[str, float]:
        return {
            "critic_loss": sum(float(graph.critic_loss) for graph in graphs),
            "actor_loss": sum(float(graph.actor_loss) for graph in graphs),
            "value": float(np.mean([graph.values.mean() for graph in graphs])),
            "entropy": entropy,
            "alpha": self.alpha,
        }

    def _vectors(self) -> dict[str, ParameterVector]:
        return {
            "actor": self._actor,
            "critics": self._critics,
            "targets": self._targets,
            "temperature": self._log_alpha,
        }

    def _adams(self) -> dict[str, Adam]:
        return {
            "actor": self._actor_adam,
            "critics": self._critic_adam,
            "temperature": self._alpha_adam,
        }

    def _state_views(self) -> dict[str, Array]:
        views: dict[str, Array] = {}
        for group, vector in self._vectors().items():
            views |= {f"{group}.{k}": x.data for k, x in vector.parameters.items()}
        for group, adam in self._adams().items():
            views[f"{group}.first_moment"] = adam.first_moment
            views[f"{group}.second_moment"] = adam.second_moment
        return views
