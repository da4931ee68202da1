"""The state of a run of behaviour cloning, as `Session` is that of one by trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from policies.checkpoint import write_checkpoint
from policies.cloning import Cloner
from policies.config import TrainConfig, config_to_json
from policies.contract import Contract
from policies.curriculum import Curriculum
from policies.policy_files import PART, policy_meta
from policies.resumption import TRAINING, Counters, kept_state
from policies.statistics import RollingStatistics
from policies.trajectory import Trajectory


class CloningSession:
    """A cloner between two updates. No environment is stepped, so statistics stay empty."""

    phase = "cloning"
    curriculum: Curriculum | None = None

    def __init__(
        self, config: TrainConfig, contract: Contract, demonstrations: Sequence[Trajectory]
    ) -> None:
        self.config, self.contract = config, contract
        self.learner = Cloner(config, contract, demonstrations)
        self.counters = Counters()
        self.statistics = RollingStatistics()

    @property
    def converged(self) -> bool:
        """Return whether more updates would be of no use."""
        return self.learner.converged

    def advance(self) -> None:
        """Make one update."""
        self.learner.update()
        self.counters.step = self.counters.updates = self.learner.updates

    def save(self, folder: Path) -> None:
        """Write the checkpoint; it holds the deployable policy too. Raises PolicyError."""
        arrays, learner = self.learner.state()
        meta = {
            "config": config_to_json(self.config),
            "step": self.counters.step,
            "learner": learner,
            "counters": asdict(self.counters),
        }
        parts = {PART: self.learner.policy_arrays(), TRAINING: arrays}
        write_checkpoint(folder, parts, policy_meta(self.contract, meta))

    def load(self, folder: Path) -> None:
        """Take over the checkpoint in ``folder``.

        Raises CheckpointError if it is damaged, a mere policy, or made for another environment
        or another config.
        """
        with kept_state(folder, self.contract, self.config) as (manifest, arrays):
            self.learner.load_state(arrays, manifest["learner"])
            self.counters = Counters.from_json(manifest["counters"])
