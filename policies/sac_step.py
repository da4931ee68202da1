"""One gradient step of SAC, as each of the processes that share it takes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from policies.encoder import ImageEncoder, parse_convolutions
from policies.engine.shared import Place
from policies.learned import Learned
from policies.networks import Critics, GaussianActor
from policies.sac_actor import ActorShare
from policies.sac_arrays import StepArrays, StepSizes
from policies.sac_config import SACConfig
from policies.sac_critic import CriticShare
from policies.sac_encoder import EncoderShare
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
        actor, slow = _actor(sizes, config, rng), config.slow_policy
        self.actor = Learned(actor, config, place, rank, size, slow=slow)
        self.encoder: Learned[ImageEncoder] | None = None
        if sizes.features:
            self.encoder = Learned(_encoder(sizes, config, rng), config, place, rank, size)
        self.critics = [
            Learned(
                _critics(sizes, config, rng, each),
                config,
                place,
                slow=not config.critic_batch_norm,
            )
            for _ in range(size)
        ]
        self.arrays = arrays = StepArrays(config.batch_size, sizes, CRITICS, size, place)

        start, stop = (config.batch_size * i // size for i in (rank, rank + 1))
        rows = slice(start, stop)
        owned, mine = slice(rank * each, (rank + 1) * each), self.critics[rank]
        self._encoder: EncoderShare | None = None
        if self.encoder is not None:
            self._encoder = EncoderShare(self.encoder, arrays, rows, rank, config.auxiliary)
        self._actor = ActorShare(self.actor.network, arrays, rows)
        self._critics = CriticShare(mine, arrays, owned, rank)
        normalized = config.critic_layer_norm or config.critic_batch_norm
        judge = DenseJudge if normalized else RowwiseJudge
        self._judge = judge(mine.network.predicting(), arrays, owned, rank)

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


def _actor(sizes: StepSizes, config: SACConfig, rng: np.random.Generator) -> GaussianActor:
    return GaussianActor(sizes.observation, sizes.action, config.hidden, rng)


def _encoder(sizes: StepSizes, config: SACConfig, rng: np.random.Generator) -> ImageEncoder:
    layers = parse_convolutions(config.encoder)
    return ImageEncoder(sizes.image, layers, config.latent, rng, sizes.privileged)


def _critics(sizes: StepSizes, config: SACConfig, rng: np.random.Generator, count: int) -> Critics:
    return Critics(
        sizes.observation,
        sizes.action,
        config.hidden,
        rng,
        count=count,
        layer_norm=config.critic_layer_norm,
        batch_norm=config.critic_batch_norm,
    )
