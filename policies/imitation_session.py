"""The state of a run of dataset aggregation, as `Session` is that of one by trial."""

from __future__ import annotations

from policies.config import TrainConfig
from policies.contract import Contract
from policies.imitator import Imitator, Teacher
from policies.pool import EnvPool
from policies.session import Session


class ImitationSession(Session[Imitator]):
    """An imitator and the environments it acts in, between two steps.

    For ``start_steps`` it has glimpses: episodes of one step, from anywhere, so that it learns to
    see from as many scenes as pictures. From then on it acts in whole episodes.
    """

    def __init__(
        self, config: TrainConfig, contract: Contract, pool: EnvPool, teacher: Teacher
    ) -> None:
        if config.start_steps and teacher.glimpse:
            pool.set_options(teacher.glimpse)
        super().__init__(config, contract, pool, Imitator(config, contract, teacher))

    def advance(self) -> None:
        """Step every environment once, and learn while they simulate."""
        glimpsing = self._collecting
        super().advance()
        if glimpsing and not self._collecting:
            self.pool.set_options(None)

    def _updates_due(self) -> int:
        return int(self.config.updates_per_step * self.counters.step) - self.counters.updates
