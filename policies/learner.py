"""What learns in a run: SAC, its replay memory and its view of the observations."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policies.batch import Batch
from policies.config import TrainConfig
from policies.contract import Contract
from policies.demonstrated import MixedBatches, demonstrated_replay
from policies.hindsight import HindsightReplay, Relabelling, Rewards
from policies.normalizer import Normalizer, normalize
from policies.nstep import NStepReturns
from policies.pool import PoolStep
from policies.replay import ReplayBuffer
from policies.sac import SAC
from policies.trajectory import Trajectory

Array = NDArray[np.float32]
Observation = NDArray[Any]
Arrays = dict[str, NDArray[Any]]

METRICS_EVERY = 50
"""Updates between two whose losses are computed for people to see."""


class Learner:
    """Acts on raw observations, remembers what came of it, and improves.

    demonstrations: episodes to learn from as well, ``config.demo_share`` of every batch.
    goal_rewards: what judges other goals, if ``config.relabel`` asks for them.
    figures: losses, entropy and temperature of a recent update; empty before the first.
    """

    def __init__(
        self,
        config: TrainConfig,
        contract: Contract,
        demonstrations: Sequence[Trajectory] = (),
        goal_rewards: Rewards | None = None,
    ) -> None:
        spec, actions = contract.observation, contract.action_size
        self.spec = spec
        self.sac = SAC(spec, actions, config.sac, config.seed)
        self.replay: ReplayBuffer | HindsightReplay
        if goal_rewards is not None:
            self.replay = _hindsight(config, contract, goal_rewards)
        else:
            open_sums = config.num_envs * config.n_step
            self.replay = ReplayBuffer(config.replay_capacity, spec, actions, open_sums)
        self.normalizer = Normalizer(spec) if config.normalize_observations else None
        self.figures: dict[str, float] = {}
        self._nstep = NStepReturns(config.n_step, config.sac.gamma, config.num_envs, actions)
        self._seen = np.zeros(config.num_envs, np.int64)
        self._batch_size = config.sac.batch_size
        self._action_size = actions
        self._guessed = config.random_actions
        self._rng = np.random.default_rng([config.seed, 2])  # SAC draws from streams of its own
        self._mixed = self._mix(config, demonstrations) if demonstrations else None

    @property
    def nbytes(self) -> int:
        """Return the memory of a full state [bytes]."""
        return self.replay.nbytes + sum(array.nbytes for array in self.sac.state()[0].values())

    def explore(self, observation: Observation) -> Array:
        """Return a sampled action [n, a] for each observation [n, ...]; some are mere guesses."""
        action = self.sac.act(self._normalized(observation))
        if self._guessed:
            guessed = self._rng.random(len(action)) < self._guessed
            action[guessed] = self.guess(observation[guessed])
        return action

    def exploit(self, observation: Observation) -> Array:
        """Return the action [n, a] held best for each observation [n, ...]."""
        return self.sac.act(self._normalized(observation), deterministic=True)

    def guess(self, observation: Observation) -> Array:
        """Return a uniformly random action [n, a] for each observation [n, ...]."""
        size = len(observation), self._action_size
        return self._rng.uniform(-1, 1, size).astype(np.float32)

    def begin(self, observation: Observation) -> None:
        """Store what the environments show [n, ...] where they did not step there."""
        if isinstance(self.replay, HindsightReplay):
            self.replay.begin(observation)
        else:
            self._seen = self.replay.see(observation)

    def remember(self, action: Array, step: PoolStep) -> None:
        """Store what ``action`` [n, a] led to from where the step before, or `begin`, ended."""
        observation, reward, terminated, truncated, next_observation, _ = step
        if self.normalizer is not None:
            self.normalizer.update(next_observation)
        if isinstance(self.replay, HindsightReplay):
            self.replay.remember(action, step)
            return
        successor = self.replay.see(next_observation)
        completed = self._nstep.push(
            observation=self._seen,
            action=action,
            reward=reward,
            next_observation=successor,
            terminated=terminated,
            truncated=truncated,
        )
        self.replay.add(completed)
        self._seen, ended = successor, terminated | truncated
        if ended.any():
            self._seen[ended] = self.replay.see(observation[ended])

    def update(self, times: int) -> None:
        """Make gradient steps; now and then note the figures of one in ``figures``."""
        for _ in range(times):
            metrics = self.sac.updates % METRICS_EVERY == 0
            figures = self.sac.update(self._sample(), metrics)
            if figures:
                self.figures = figures

    def policy_arrays(self) -> Arrays:
        """Return what acting needs, for a deployable policy."""
        arrays = dict(self.sac.policy_arrays())
        if self.normalizer is not None:
            mean, deviation = self.normalizer.scale()
            arrays |= {"observation_mean": mean, "observation_deviation": deviation}
        return arrays

    def state(self) -> tuple[Arrays, dict[str, Any]]:
        """Return everything that the next steps depend on, for `load_state`."""
        sac, sac_meta = self.sac.state()
        replay, replay_meta = self.replay.state()
        arrays = with_prefix("sac", sac) | with_prefix("replay", replay)
        arrays |= with_prefix("nstep", self._nstep.state())
        arrays["seen"] = self._seen
        if self.normalizer is not None:
            arrays |= with_prefix("normalizer", self.normalizer.state())
        rng = self._rng.bit_generator.state
        meta = {"sac": sac_meta, "replay": replay_meta, "rng": rng, "figures": self.figures}
        return arrays, meta

    def load_state(self, arrays: Arrays, meta: dict[str, Any]) -> None:
        """Take over a state of a learner with the same config and contract."""
        self.sac.load_state(without_prefix("sac", arrays), meta["sac"])
        self.replay.load_state(without_prefix("replay", arrays), meta["replay"])
        self._nstep.load_state(without_prefix("nstep", arrays))
        self._seen = arrays["seen"].copy()
        if self.normalizer is not None:
            self.normalizer.load_state(without_prefix("normalizer", arrays))
        self._rng.bit_generator.state = meta["rng"]
        self.figures = dict(meta["figures"])

    def _normalized(self, observation: Observation) -> Observation:
        if self.normalizer is None:
            return observation
        return normalize(self.spec, observation.copy(), *self.normalizer.scale())

    def _mix(self, config: TrainConfig, demonstrations: Sequence[Trajectory]) -> MixedBatches:
        shown = demonstrated_replay(
            demonstrations, self.spec, self._action_size, config.n_step, config.sac.gamma
        )
        if self.normalizer is not None:
            for trajectory in demonstrations:
                self.normalizer.update(trajectory.observations)
        batch = Batch.empty(self._batch_size, self.spec, self._action_size)
        return MixedBatches(self.replay, shown, config.demo_share, batch)

    def _sample(self) -> Batch:
        if self._mixed is not None:
            batch = self._mixed.sample(self._rng)
        else:
            batch = self.replay.sample(self._rng, self._batch_size)
        if self.normalizer is not None:
            mean, deviation = self.normalizer.scale()
            for observation in (batch.observation, batch.next_observation):
                normalize(self.spec, observation, mean, deviation)
        return batch


def _hindsight(config: TrainConfig, contract: Contract, rewards: Rewards) -> HindsightReplay:
    relabelling = Relabelling(config.relabel, config.n_step, config.sac.gamma, config.goal_reward)
    spec, actions = contract.observation, contract.action_size
    return HindsightReplay(
        config.replay_capacity, config.num_envs, spec, actions, relabelling, rewards
    )


def with_prefix(prefix: str, arrays: Arrays) -> Arrays:
    """Return ``arrays`` under the names ``prefix/name``."""
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def without_prefix(prefix: str, arrays: Arrays) -> Arrays:
    """Return the arrays named ``prefix/name`` under their own names."""
    start = f"{prefix}/"
    return {
        name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
    }
