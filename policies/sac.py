"""Soft actor-critic: squashed Gaussian actor, twin critics, learned temperature."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.batch import Batch
from policies.distributions import standard_deviation
from policies.engine.team import Team, TeamError
from policies.errors import PolicyError
from policies.image_policy import encoder_arrays, make_policy
from policies.observation import ObservationSpec
from policies.sac_arrays import StepSizes
from policies.sac_config import SACConfig
from policies.sac_state import Views, state_views
from policies.sac_step import SACStep
from policies.temperature import Temperature

__all__ = ["SAC", "SACConfig"]

Array = NDArray[np.float32]


class SAC:
    """A learner of one policy.

    Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", algorithm 1, with
    the conventions of stable-baselines3: the temperature used in a step is that before it.
    """

    CHECK_EVERY = 200
    """Updates between two checks that every weight is finite."""

    def __init__(
        self, spec: ObservationSpec, action_size: int, config: SACConfig, seed: int
    ) -> None:
        self.config, self.spec = config, spec
        self.action_size = action_size
        self.updates = 0
        self._rng = np.random.default_rng(seed)
        sizes = StepSizes.of(spec, action_size, config)
        self._team = Team(config.threads, SACStep, sizes, config, seed)
        target = config.target_entropy
        self._temperature = Temperature(
            config.init_alpha,
            -float(action_size) if target is None else target,
            config.alpha_learning_rate,
        )
        self._explorer = make_policy(self._acting_arrays(slow=False), spec)
        self._policy = make_policy(self.policy_arrays(), spec)

    @property
    def alpha(self) -> float:
        """Return the temperature."""
        return self._temperature.value

    def act(self, observations: Array, deterministic: bool = False) -> Array:
        """Return actions [n, a] in [-1, 1] for observations [n, ...]; the mean if deterministic."""
        if deterministic:
            return self._policy.act(observations)
        mean, raw = self._explorer.head(observations)
        noise = self._rng.standard_normal(mean.shape, np.float32)
        return np.tanh(mean + standard_deviation(raw) * noise)

    def update(self, batch: Batch, metrics: bool = True) -> dict[str, float]:
        """Take one gradient step of critics, actor and temperature; move the targets.

        Returns the losses, mean value, entropy and temperature, or nothing if not asked for.
        Raises PolicyError if the batch does not fit or, checked now and then, if a weight is
        no longer finite.
        """
        self._check(batch)
        try:
            self._team.step(partial(self._prepare, batch))
        except TeamError as error:
            raise PolicyError(f"{error}; resume from the last checkpoint") from error
        log_prob = self._team.member.arrays.policy_log_prob[0]
        entropy = -float(np.add.reduce(log_prob, axis=None)) / len(log_prob)
        if self.config.learn_alpha:
            self._temperature.step(entropy)
        self.updates += 1
        if self.updates % self.CHECK_EVERY == 0:
            self.check_finite()
        return self._figures(entropy) if metrics else {}

    def check_finite(self) -> None:
        """Raise PolicyError, naming what diverged, unless every weight is finite."""
        for name, view in self._views().items():
            if not np.isfinite(view).all():
                raise PolicyError(
                    f"{name} diverged within {self.updates} updates: lower the learning rate, "
                    "scale the rewards down, or turn critic_layer_norm on"
                )

    def policy_arrays(self) -> dict[str, Array]:
        """Return the weights that acting needs, as `make_policy` takes them: views, not copies."""
        return self._acting_arrays(self.config.slow_policy)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return all that is needed to go on bit for bit: arrays (copies) and JSON values."""
        arrays = {name: array.copy() for name, array in self._views().items()}
        return arrays, {"updates": self.updates, "rng": self._rng.bit_generator.state}

    def load_state(self, arrays: Mapping[str, Array], meta: Mapping[str, Any]) -> None:
        """Take over what `state` returned for a learner of the same sizes.

        Raises PolicyError, before anything is changed, if a name or a shape differs.
        """
        views = self._views()
        if set(arrays) != set(views):
            wrong = ", ".join(sorted(set(arrays) ^ set(views)))
            raise PolicyError(f"the state does not fit this learner: missing or unknown {wrong}")
        for name, view in views.items():
            found = arrays[name]
            if (found.shape, found.dtype) != (view.shape, view.dtype):
                raise PolicyError(
                    f"the state's {name} is {found.dtype} of shape {found.shape}, "
                    f"expected {view.dtype} of {view.shape}"
                )
        try:
            updates, rng = int(meta["updates"]), meta["rng"]
            self._rng.bit_generator.state = rng
        except (KeyError, TypeError, ValueError) as error:
            raise PolicyError(f"the state's counters are damaged: {error!r}") from error
        self.updates = updates
        for name, view in views.items():
            np.copyto(view, arrays[name])

    def _acting_arrays(self, slow: bool) -> dict[str, Array]:
        actor, encoder = self._team.member.actor, self._team.member.encoder
        network = actor.slow if slow and actor.slow is not None else actor.network
        named = network.parameters()
        arrays = {name.removeprefix("net.layers."): x.data for name, x in named.items()}
        if encoder is not None:
            arrays |= encoder_arrays(encoder.target if slow else encoder.network)
        return arrays

    def _check(self, batch: Batch) -> None:
        rows = self.config.batch_size
        number, observation = np.dtype(np.float32), (rows, *self.spec.shape)
        expected = {
            "observation": (observation, self.spec.dtype),
            "action": ((rows, self.action_size), number),
            "reward": ((rows,), number),
            "next_observation": (observation, self.spec.dtype),
            "discount": ((rows,), number),
        }
        for name, (shape, dtype) in expected.items():
            found = getattr(batch, name)
            if (found.shape, found.dtype) != (shape, dtype):
                raise PolicyError(
                    f"the batch's {name} has shape {found.shape} of {found.dtype}, "
                    f"expected {shape} of {dtype}"
                )

    def _prepare(self, batch: Batch) -> None:
        member = self._team.member
        member.arrays.fill(batch, self.alpha, self._rng)
        adams = [member.actor.adam, *(critics.adam for critics in member.critics)]
        if member.encoder is not None:
            adams.append(member.encoder.adam)
        for adam in adams:
            adam.advance()

    def _figures(self, entropy: float) -> dict[str, float]:
        arrays = self._team.member.arrays
        alpha = float(arrays.alpha[0])
        told = {"auxiliary_loss": float(arrays.auxiliary_loss.sum())}
        return (told if arrays.privileged.size else {}) | {
            "critic_loss": float(arrays.critic_loss.sum()),
            "actor_loss": -alpha * entropy - float(arrays.policy_values.min(axis=0).mean()),
            "value": float(arrays.values.mean()),
            "entropy": entropy,
            "alpha": alpha,
        }

    def _views(self) -> Views:
        views = state_views(self._team.member)
        return views | {"temperature": self._temperature.state}
