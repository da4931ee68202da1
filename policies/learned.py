"""A network that learns: its weights in one vector, what moves them, and a slow copy."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

from policies.engine.module import Module
from policies.engine.optim import Adam, ParameterVector, Polyak
from policies.engine.shared import Place
from policies.sac_config import SACConfig

Network = TypeVar("Network", bound=Module)

BETAS = 0.9, 0.999
CROSSQ_BETAS = 0.5, 0.999
"""Without target critics goals move at once, and old gradients mislead (Bhatt et al. 2024)."""


class Learned(Generic[Network]):
    """``network``, and the part of its weights that this process moves.

    slow: copy that follows by Polyak averaging; None if there shall be none.
    """

    def __init__(
        self,
        network: Network,
        config: SACConfig,
        place: Place,
        rank: int = 0,
        size: int = 1,
        *,
        slow: bool = True,
    ) -> None:
        self.network = network
        self.slow = _frozen_copy(network) if slow else None
        network.place_buffers(place)
        self.vector = ParameterVector(network.parameters(), place, rank, size)
        betas = CROSSQ_BETAS if config.critic_batch_norm else BETAS
        self.adam = Adam(self.vector, config.learning_rate, betas=betas, place=place)
        if self.slow is not None:
            self.slow_vector = ParameterVector(self.slow.parameters(), place)
            self._polyak = Polyak(self.vector, self.slow_vector, config.tau)

    @property
    def target(self) -> Network:
        """Return the slow copy of a network that has one."""
        assert self.slow is not None
        return self.slow

    def move(self) -> None:
        """Move the network along its gradient, and the slow copy after it."""
        self.adam.update()
        if self.slow is not None:
            self._polyak.update()


def _frozen_copy(network: Network) -> Network:
    twin = copy.deepcopy(network)
    for tensor in twin.parameters().values():
        tensor.requires_grad = False
    return twin
