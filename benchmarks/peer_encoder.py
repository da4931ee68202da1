"""The layers of our encoder for stable-baselines3, whose own takes no picture of 32 px."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from policies.encoder import output_shape, parse_convolutions


class PeerEncoder(BaseFeaturesExtractor):  # type: ignore[misc]
    """Convolutions, a linear map, layer normalisation and tanh; numbers go beside them."""

    def __init__(self, observation_space: Any, layers: str, latent: int) -> None:
        """Build it for a Dict of one picture [c, h, w] and one vector."""
        spaces = observation_space.spaces
        self._image = next(name for name, part in spaces.items() if len(part.shape) == 3)
        self._vector = next(name for name in spaces if name != self._image)
        channels, height, width = spaces[self._image].shape
        super().__init__(observation_space, latent + spaces[self._vector].shape[0])
        convolutions = parse_convolutions(layers)
        stack: list[nn.Module] = []
        for layer in convolutions:
            stack += [nn.Conv2d(channels, layer.channels, layer.kernel, layer.stride), nn.ReLU()]
            channels = layer.channels
        size = int(np.prod(output_shape((height, width, channels), convolutions)))
        head = [nn.Flatten(), nn.Linear(size, latent), nn.LayerNorm(latent), nn.Tanh()]
        self.encode = nn.Sequential(*stack, *head)

    def forward(self, observations: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return features [n, latent + numbers]; pictures arrive from 0 to 1."""
        seen = self.encode(observations[self._image] - 0.5)
        return torch.cat([seen, observations[self._vector]], dim=1)
