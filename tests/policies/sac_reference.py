"""A gradient step of SAC derived by hand, in float64 and without any of the engine.

Every line follows a formula of Haarnoja et al. 2018 or the chain rule; nothing is fused.
"""

import copy
from dataclasses import dataclass, field

import numpy as np

from policies.batch import Batch
from policies.observation import ObservationSpec
from policies.sac import SAC, SACConfig

SIZES = 5, 3
ROWS = 32


def transitions(seed: int) -> Batch:
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, np.float32)

    terminated = rng.random(ROWS) < 0.2
    return Batch(
        observation=draw(ROWS, SIZES[0]),
        action=np.tanh(draw(ROWS, SIZES[1])),
        reward=draw(ROWS),
        next_observation=draw(ROWS, SIZES[0]),
        discount=np.where(terminated, 0, 0.97).astype(np.float32),
    )


def learner(threads: int, **settings) -> SAC:
    config = SACConfig(hidden=(24, 16), batch_size=ROWS, threads=threads, tau=0.1, **settings)
    return SAC(ObservationSpec(SIZES[0]), SIZES[1], config, seed=3)


def next_noise(sac: SAC) -> np.ndarray:
    rng = np.random.default_rng()
    rng.bit_generator.state = copy.deepcopy(sac.state()[1]["rng"])
    return rng.standard_normal((2, ROWS, SIZES[1]), np.float32).astype(np.float64)


Layers = list[tuple[np.ndarray, np.ndarray]]


def forward(x: np.ndarray, layers: Layers) -> list[np.ndarray]:
    """Return the input and the output of every layer; ReLU between layers."""
    outputs = [x]
    for i, (weight, bias) in enumerate(layers):
        x = x @ weight + bias
        if i < len(layers) - 1:
            x = np.where(x > 0, x, 0.0)
        outputs.append(x)
    return outputs


def backward(slope: np.ndarray, outputs: list[np.ndarray], layers: Layers):
    """Return the gradient of each weight and bias, and that of the input."""
    gradients = []
    for i in range(len(layers) - 1, -1, -1):
        if i < len(layers) - 1:
            slope = slope * (outputs[i + 1] > 0)
        gradients.insert(0, (outputs[i].T @ slope, slope.sum(0)))
        slope = slope @ layers[i][0].T
    return gradients, slope


@dataclass
class Sample:
    """An action of the squashed Gaussian policy and what its gradient needs."""

    outputs: list[np.ndarray]
    noise: np.ndarray
    action: np.ndarray = field(init=False)
    log_prob: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        size = self.noise.shape[1]
        self.mean, self.raw = self.outputs[-1][:, :size], self.outputs[-1][:, size:]
        self.log_std = -1.5 + 3.5 * np.tanh(self.raw)
        self.std = np.exp(self.log_std)
        self.action = np.tanh(self.mean + self.std * self.noise)
        gaussian = -0.5 * self.noise**2 - self.log_std - 0.5 * np.log(2 * np.pi)
        self.log_prob = (gaussian - np.log(1 - self.action**2)).sum(1)

    def head_gradient(self, d_action: np.ndarray, d_log_prob: np.ndarray) -> np.ndarray:
        d_u = d_action * (1 - self.action**2) + d_log_prob[:, None] * 2 * self.action
        d_log_std = d_u * self.std * self.noise - d_log_prob[:, None]
        return np.concatenate([d_u, d_log_std * 3.5 * (1 - np.tanh(self.raw) ** 2)], 1)


class ReferenceSAC:
    """Weights as lists of (weight, bias), and Adam as in the paper for each of them."""

    def __init__(self, arrays: dict[str, np.ndarray], rate: float, tau: float) -> None:
        self.actor, self.rate, self.tau = self._layers(arrays, "actor"), rate, tau
        self.critics = [self._layers(arrays, f"critic{i}") for i in (0, 1)]
        self.targets = [self._layers(arrays, f"target{i}") for i in (0, 1)]
        self.log_alpha = float(arrays["temperature"][0])
        self.memory: dict[str, list] = {}

    @staticmethod
    def _layers(arrays: dict[str, np.ndarray], network: str) -> Layers:
        layers = []
        while f"{network}.net.layers.{len(layers)}.weight" in arrays:
            prefix = f"{network}.net.layers.{len(layers)}"
            weight = arrays[f"{prefix}.weight"].astype(np.float64)
            if f"{prefix}.bias" in arrays:
                layers.append((weight, arrays[f"{prefix}.bias"].astype(np.float64).ravel()))
            else:
                layers.append((weight[:-1], weight[-1]))
        return layers

    def adam(self, key: str, value, gradient):
        """Return where algorithm 1 of Kingma and Ba 2015 takes ``value``."""
        m, v, t = self.memory.get(key, (0.0, 0.0, 0))
        m, v, t = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2, t + 1
        self.memory[key] = [m, v, t]
        return value - self.rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)

    def step(self, layers: Layers, gradients, name: str) -> Layers:
        return [
            (self.adam(f"{name}{i}w", w, dw), self.adam(f"{name}{i}b", b, db))
            for i, ((w, b), (dw, db)) in enumerate(zip(layers, gradients, strict=True))
        ]

    def update(self, batch: Batch, noise: np.ndarray) -> np.ndarray:
        """Take a step; return the gradient of the critics' loss by the observations."""
        alpha, count = np.exp(self.log_alpha), len(batch)
        new = Sample(forward(batch.observation.astype(np.float64), self.actor), noise[0])
        following = Sample(forward(batch.next_observation.astype(np.float64), self.actor), noise[1])

        x = np.concatenate([batch.next_observation, following.action], 1)
        least = np.min([forward(x, target)[-1][:, 0] for target in self.targets], 0)
        goal = batch.reward + batch.discount * (least - alpha * following.log_prob)
        x, slopes = np.concatenate([batch.observation, batch.action], 1).astype(np.float64), []
        for i, critic in enumerate(self.critics):
            outputs = forward(x, critic)
            error = (outputs[-1][:, 0] - goal) / count
            gradients, slope = backward(error[:, None], outputs, critic)
            self.critics[i] = self.step(critic, gradients, f"critic{i}")
            slopes.append(slope[:, : batch.observation.shape[1]])

        x = np.concatenate([batch.observation, new.action], 1)
        outputs = [forward(x, critic) for critic in self.critics]
        first_is_least = outputs[0][-1] <= outputs[1][-1]
        d_action = np.zeros_like(new.action)
        for mask, output, critic in zip(
            (first_is_least, ~first_is_least), outputs, self.critics, strict=True
        ):
            slope = backward(mask * (-1 / count), output, critic)[1]
            d_action += slope[:, batch.observation.shape[1] :]
        head = new.head_gradient(d_action, np.full(count, alpha / count))
        gradients = backward(head, new.outputs, self.actor)[0]
        self.actor = self.step(self.actor, gradients, "actor")

        entropy_excess = -(new.log_prob - noise.shape[2]).mean()
        self.log_alpha = self.adam("alpha", self.log_alpha, entropy_excess)
        self.targets = [
            [
                (w + self.tau * (cw - w), b + self.tau * (cb - b))
                for (w, b), (cw, cb) in zip(target, critic, strict=True)
            ]
            for target, critic in zip(self.targets, self.critics, strict=True)
        ]
        return np.sum(slopes, axis=0)
