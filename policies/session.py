"""The state of a training run, complete: what one step changes and a checkpoint keeps."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from policies.checkpoint import write_checkpoint
from policies.config import TrainConfig, config_to_json
from policies.contract import Contract
from policies.curriculum import Curriculum
from policies.imitator import Imitator
from policies.learner import Learner, with_prefix, without_prefix
from policies.policy_files import PART, policy_meta
from policies.pool import EnvPool
from policies.resumption import TRAINING, Counters, kept_state
from policies.statistics import RollingStatistics

logger = logging.getLogger(__name__)


L = TypeVar("L", Learner, Imitator)


class Session(Generic[L]):
    """A learner and the environments it learns from, between two steps.

    curriculum: what decides the level of the environments' episodes, if anything does.
    """

    converged = False
    """Whether more steps would be of no use, which a learner by trial never knows."""

    def __init__(
        self,
        config: TrainConfig,
        contract: Contract,
        pool: EnvPool,
        learner: L,
        curriculum: Curriculum | None = None,
    ) -> None:
        self.config, self.contract, self.pool = config, contract, pool
        self.curriculum = curriculum
        self.learner: L = learner
        self.counters = Counters()
        self.statistics = RollingStatistics()
        if curriculum is not None:
            pool.set_options(curriculum.options)
        self._observation = pool.reset().copy()
        self.learner.begin(self._observation)

    @property
    def phase(self) -> str:
        """Return what is being done, in one word."""
        return "collecting" if self._collecting else "training"

    def advance(self) -> None:
        """Step every environment once, and learn while they simulate."""
        action = self._action()
        self.pool.send(action)
        due = self._updates_due()
        self.learner.update(due)
        step = self.pool.recv()
        self.learner.remember(action, step)
        self._observation = step[0].copy()
        self._count(step[-1])
        self.counters.updates += due
        self.counters.step += self.config.num_envs

    def save(self, folder: Path) -> None:
        """Write the checkpoint; it holds the deployable policy too. Raises PolicyError."""
        learner, learner_meta = self.learner.state()
        pool, pool_meta = self.pool.state()
        arrays = with_prefix("learner", learner) | with_prefix("pool", pool)
        arrays["observation"] = self.contract.observation.to_plain(self._observation)
        meta = {
            "config": config_to_json(self.config),
            "step": self.counters.step,
            "learner": learner_meta,
            "pool": pool_meta,
            "counters": asdict(self.counters),
            "statistics": self.statistics.state(),
            "curriculum": self.curriculum.state() if self.curriculum is not None else None,
        }
        parts = {PART: self.learner.policy_arrays(), TRAINING: arrays}
        write_checkpoint(folder, parts, policy_meta(self.contract, meta))

    def load(self, folder: Path) -> None:
        """Take over the checkpoint in ``folder``, replaying the open episodes.

        Raises CheckpointError if it is damaged, a mere policy, or made for another environment
        or another config.
        """
        with kept_state(folder, self.contract, self.config) as (manifest, arrays):
            self.learner.load_state(without_prefix("learner", arrays), manifest["learner"])
            self.statistics.load_state(manifest["statistics"])
            if self.curriculum is not None:
                self.curriculum.load_state(manifest["curriculum"])
            self.counters = Counters.from_json(manifest["counters"])
            pool = without_prefix("pool", arrays), manifest["pool"]
            observation, saved = self.pool.restore(pool).copy(), arrays["observation"]
        if not np.array_equal(self.contract.observation.to_plain(observation), saved):
            logger.warning(
                "%s does not replay exactly: training goes on, but not as if uninterrupted",
                self.contract.env_id,
            )
            self.learner.begin(observation)
        self._observation = observation

    def _count(self, infos: list[dict[str, Any]]) -> None:
        for info in infos:
            self.statistics.add(info)
        if self.curriculum is None:
            return
        before = self.curriculum.level
        for info in infos:
            self.curriculum.add(info)
        if self.curriculum.level != before:
            self.pool.set_options(self.curriculum.options)

    @property
    def _collecting(self) -> bool:
        return self.counters.step < self.config.start_steps

    def _action(self) -> Any:
        act = self.learner.guess if self._collecting else self.learner.explore
        return act(self._observation)

    def _updates_due(self) -> int:
        learning_steps = self.counters.step - self.config.start_steps
        if learning_steps <= 0 or not len(self.learner.replay):
            return 0
        return int(self.config.updates_per_step * learning_steps) - self.counters.updates
