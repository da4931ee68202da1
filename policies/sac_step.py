"""One gradient step of SAC, as each of the processes that share it takes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from policies.engine.shared import Place
from policies.sac_actor import ActorShare, ActorWeights
from policies.sac_arrays import StepArrays, StepSizes
from policies.sac_config import SACConfig
from policies.sac_critic import CriticShare, CriticWeights
from policies.sac_encoder import EncoderShare, EncoderWeights
from policies.sac_judge import DenseJudge, RowwiseJudge

CRITICS = 2


class SACStep:
    """All weights, and this process's share of the work.

    The critics are dealt out, so that no weight of theirs ever leaves its core's cache. Of
    the actor, each process computes the gradient on some rows and moves a part of the weights.
    As in stable-baselines3, the action that the actor is judged by is sampled before the
    critics move, and judged by them after they have.

    rank, size: which of how many processes this is; size is 1 or 2.
    meet: waits until all processes have come as far.
    """

    def __init__(
        self,
        sizes: StepSizes,
        config: SACConfig,
        seed: int,
        place: Place,
        rank: int,
        size: int,
        meet: Callable[[], None],
    ) -> None:
        rng, each = np.random.default_rng([seed, 1]), CRITICS // size
        self._meet = meet
        self.actor = ActorWeights(sizes, config, rng, place, rank, size)
        self.encoder = (
            EncoderWeights(sizes, config, rng, place, rank, size) if sizes.features else None
        )
        self.critics = [CriticWeights(sizes, config, rng, each, place=place) for _ in range(size)]
        self.arrays = arrays = StepArrays(config.batch_size, sizes, CRITICS, size, place)

        start, stop = (config.batch_size * i // size for i in (rank, rank + 1))
        rows = slice(start, stop)
        owned, mine = slice(rank * each, (rank + 1) * each), self.critics[rank]
        self._encoder = EncoderShare(self.encoder, arrays, rows, rank) if self.encoder else None
        self._actor = ActorShare(self.actor.network, arrays, rows)
        self._critics = CriticShare(mine, arrays, owned, rank)
        judge = DenseJudge if config.critic_layer_norm else RowwiseJudge
        self._judge = judge(mine.critics, arrays, owned, rank)

    def __call__(self) -> None:
        """Move critics and targets, then the actor, and the encoder last."""
        actor, critics, judge, meet = self._actor, self._critics, self._judge, self._meet
        if self._encoder:
            self._encoder.encode()
        actor.act()
        meet()
        critics.evaluate()
        meet()
        critics.learn()
        judge.evaluate()
        meet()
        judge.direct()
        meet()
        actor.learn()
        if self._encoder:
            self._encoder.learn()
        meet()
        self.actor.move()
        if self.encoder:
            self.encoder.move()
