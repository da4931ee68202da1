"""The state of a training run, complete: what one step changes and a checkpoint keeps."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from policies.checkpoint import read_manifest, read_part, write_checkpoint
from policies.config import TrainConfig, config_to_json
from policies.contract import Contract
from policies.curriculum import Curriculum
from policies.errors import CheckpointError, PolicyError
from policies.learner import Learner, with_prefix, without_prefix
from policies.policy_files import PART, policy_meta
from policies.pool import EnvPool
from policies.statistics import RollingStatistics

logger = logging.getLogger(__name__)

TRAINING = "training"
FREE_KEYS = {
    "total_steps",
    "eval_every",
    "eval_episodes",
    "eval_seed",
    "target_success",
    "checkpoint_every",
    "log_every",
    "tensorboard",
}
"""Entries of the config that may change at a resume: they do not change what is learned."""
PARTS = ("gate", "sac")
"""Entries of the config that are configs themselves."""


@dataclass(slots=True)
class Counters:
    """How far a run is: steps and updates done, and the step of each regular task's last time.

    best: (success rate, mean return) of the best evaluation so far.
    """

    step: int = 0
    updates: int = 0
    evaluated_at: int = 0
    logged_at: int = 0
    saved_at: int = 0
    seconds: float = 0.0
    reached_target: bool = False
    best: tuple[float, float] | None = None


class Session:
    """A learner and the environments it learns from, between two steps.

    curriculum: what decides the level of the environments' episodes, if anything does.
    """

    def __init__(
        self,
        config: TrainConfig,
        contract: Contract,
        pool: EnvPool,
        curriculum: Curriculum | None = None,
    ) -> None:
        self.config, self.contract, self.pool = config, contract, pool
        self.curriculum = curriculum
        self.learner = Learner(config, contract)
        self.counters = Counters()
        self.statistics = RollingStatistics()
        if curriculum is not None:
            pool.set_options(curriculum.options)
        self._observation = pool.reset().copy()
        self.learner.begin(self._observation)

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
        manifest = read_manifest(folder)
        self.contract.check(Contract.from_json(manifest.get("contract", {})), str(folder))
        arrays = read_part(folder, manifest, TRAINING)
        try:
            self._check_config(manifest["config"])
            self.learner.load_state(without_prefix("learner", arrays), manifest["learner"])
            self.statistics.load_state(manifest["statistics"])
            if self.curriculum is not None:
                self.curriculum.load_state(manifest["curriculum"])
            self.counters = _counters(manifest["counters"])
            pool = without_prefix("pool", arrays), manifest["pool"]
            observation, saved = self.pool.restore(pool).copy(), arrays["observation"]
        except PolicyError as error:
            raise CheckpointError(f"{folder}: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{folder}: the checkpoint is incomplete: {error!r}") from error
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

    def _action(self) -> Any:
        if self.counters.step < self.config.start_steps:
            return self.learner.guess(self.config.num_envs)
        return self.learner.explore(self._observation)

    def _updates_due(self) -> int:
        learning_steps = self.counters.step - self.config.start_steps
        if learning_steps <= 0 or not len(self.learner.replay):
            return 0
        return int(self.config.updates_per_step * learning_steps) - self.counters.updates

    def _check_config(self, saved: dict[str, Any]) -> None:
        ours, theirs = _flat(config_to_json(self.config)), _flat(saved)
        for name in ours.keys() - FREE_KEYS:
            if ours[name] != theirs.get(name):
                raise CheckpointError(
                    f"made with {name} {theirs.get(name)!r}, but the run has {ours[name]!r}"
                )


def _flat(config: dict[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in config.items() if name not in PARTS}
    parts = ((part, name, value) for part in PARTS for name, value in config[part].items())
    return flat | {f"{part}.{name}": value for part, name, value in parts}


def _counters(values: dict[str, Any]) -> Counters:
    counters = Counters(**values)
    if counters.best is not None:
        success, mean_return = counters.best
        counters.best = float(success), float(mean_return)
    return counters
