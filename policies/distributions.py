"""Action distributions: sampling that gradients can pass through, with its log-probability."""

from __future__ import annotations

import math

import numpy as np

from policies.engine.op import Array, Op
from policies.engine.tensor import Tensor, apply_all

LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0
"""Range of the log standard deviation, as in CleanRL's sac_continuous_action.py."""

_MIDDLE, _HALF = (LOG_STD_MAX + LOG_STD_MIN) / 2, (LOG_STD_MAX - LOG_STD_MIN) / 2


def standard_deviation(raw: Array) -> Array:
    """Return the standard deviation for a network's unbounded output ``raw``."""
    return np.exp(_MIDDLE + _HALF * np.tanh(raw))


class SampleSquashedGaussian(Op):
    """``tanh(mean + std * noise)`` and its log-probability, by reparametrisation.

    head: [n, 2a] means, then raw log standard deviations, which a tanh brings into
        [LOG_STD_MIN, LOG_STD_MAX].
    noise: [n, a] standard normal; the caller refills it before each forward pass.
    Outputs: actions [n, a] in [-1, 1], log-probabilities [n, 1].

    Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", appendix C;
    log(1 - tanh(u)**2) is written as 2 * (log 2 - |u| - log1p(exp(-2|u|))), exact for all u.
    """

    def __init__(self, head: Tensor, noise: Array) -> None:
        rows, size = noise.shape
        if head.shape != (rows, 2 * size):
            raise ValueError(f"noise {noise.shape} needs a head [n, 2a], got {head.shape}")
        self.mean, self.raw, self.noise = head.data[:, :size], head.data[:, size:], noise
        empty = np.empty((7, rows, size), head.data.dtype)
        self.action, self.spread, self.tanh_raw, self.log_std = empty[:4]
        self._u, self._terms, self._work = empty[4:]
        self.log_prob = np.empty((rows, 1), head.data.dtype)
        self.constant = -size * (0.5 * math.log(2 * math.pi) + 2 * math.log(2))
        super().__init__((head,), self.action, self.log_prob)

    def forward(self) -> None:
        """Write the actions and their log-probabilities."""
        u, terms, work = self._u, self._terms, self._work
        np.tanh(self.raw, self.tanh_raw)
        np.multiply(self.tanh_raw, _HALF, self.log_std)
        np.add(self.log_std, _MIDDLE, self.log_std)
        np.exp(self.log_std, self.spread)
        np.multiply(self.spread, self.noise, self.spread)
        np.add(self.mean, self.spread, u)
        np.tanh(u, self.action)
        np.absolute(u, u)
        np.multiply(u, -2.0, terms)
        np.exp(terms, terms)
        np.log1p(terms, terms)
        np.add(terms, u, terms)
        np.multiply(terms, 2.0, terms)
        np.subtract(terms, self.log_std, terms)
        np.multiply(self.noise, self.noise, work)
        np.multiply(work, 0.5, work)
        np.subtract(terms, work, terms)
        np.add.reduce(terms, axis=1, out=self.log_prob, keepdims=True)
        np.add(self.log_prob, self.constant, self.log_prob)

    def backward(self, d_action: Array, d_log_prob: Array, d_head: Array) -> None:
        """Write the gradient by the head."""
        size = self.noise.shape[1]
        d_mean, d_raw, work = d_head[:, :size], d_head[:, size:], self._work
        # d/du of the action is 1 - tanh(u)^2, of the log-probability 2 tanh(u).
        np.multiply(self.action, self.action, work)
        np.subtract(1.0, work, work)
        np.multiply(d_action, work, d_mean)
        np.multiply(self.action, 2.0, work)
        np.multiply(work, d_log_prob, work)
        np.add(d_mean, work, d_mean)
        # The log standard deviation moves u by std * noise and the log-probability by -1.
        np.multiply(d_mean, self.spread, d_raw)
        np.subtract(d_raw, d_log_prob, d_raw)
        np.multiply(self.tanh_raw, self.tanh_raw, work)
        np.subtract(1.0, work, work)
        np.multiply(work, _HALF, work)
        np.multiply(d_raw, work, d_raw)


def sample_squashed_gaussian(head: Tensor, noise: Array) -> tuple[Tensor, Tensor]:
    """Return actions [n, a] in [-1, 1] and their log-probabilities [n, 1]."""
    action, log_prob = apply_all(SampleSquashedGaussian(head, noise))
    return action, log_prob
