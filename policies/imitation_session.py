"""The state of a run of dataset aggregation, as `Session` is that of one by trial."""

from __future__ import annotations

from typing import Any

from policies.config import TrainConfig
from policies.contract import Contract
from policies.imitator import Imitator, Teacher
from policies.pool import EnvPool
from policies.session import Session


class ImitationSession(Session[Imitator]):
    """An imitator and the environments it acts in, between two steps.

    For ``start_steps`` it has glimpses: episodes of one step, from anywhere, so that it learns to
    see from as many scenes as pictures. From then on it acts in whole episodes, while a share of
    the environments goes on with glimpses: or it would remember the scenes of its episodes, and
    see worse than before.
    """

    def __init__(
        self, config: TrainConfig, contract: Contract, pool: EnvPool, teacher: Teacher
    ) -> None:
        self._glimpse = dict(teacher.glimpse) if config.start_steps else {}
        if self._glimpse:
            pool.set_options(self._glimpse)
        super().__init__(config, contract, pool, Imitator(config, contract, teacher))

    def advance(self) -> None:
        """Step every environment once, and learn while they simulate."""
        collecting = self._collecting
        super().advance()
        if collecting and not self._collecting:
            self.pool.set_options(None, self._playing())

    def _playing(self) -> list[int]:
        """Return which environments act in whole episodes, spread evenly among the others."""
        count, share = self.config.num_envs, self.config.cloning.glimpses
        seen = [int(share * index) for index in range(count + 1)]
        return [index for index in range(count) if seen[index] == seen[index + 1]]

    def _count(self, infos: list[dict[str, Any]]) -> None:
        super()._count([info for info in infos if not self._glimpsed(info)])

    def _glimpsed(self, info: dict[str, Any]) -> bool:
        return bool(self._glimpse) and self._glimpse.items() <= info.items()

    def _updates_due(self) -> int:
        return int(self.config.updates_per_step * self.counters.step) - self.counters.updates
