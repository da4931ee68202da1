"""A gradient step of SAC on pictures derived by hand, in float64 and without any of the engine."""

from dataclasses import replace

import numpy as np
from conv_reference import conv2d_gradients, conv2d_reference
from sac_reference import ROWS, ReferenceSAC

from policies.batch import Batch
from policies.observation import PRIVILEGED, ImagePart, ObservationSpec
from policies.sac import SAC, SACConfig

SPEC = ObservationSpec(2, "clock", ImagePart("seen", (12, 10, 2)))
TOLD = replace(SPEC, privileged=3)
"""The same pictures, of which the environment tells three numbers in training."""

STRIDES = 2, 1
Weights = dict[str, np.ndarray]


def picture_learner(
    threads: int = 1, seed: int = 3, spec: ObservationSpec = SPEC, **settings
) -> SAC:
    config = SACConfig(
        hidden=(24, 16),
        batch_size=ROWS,
        threads=threads,
        tau=0.1,
        encoder=f"4k4s{STRIDES[0]} 6k3s{STRIDES[1]}",
        latent=7,
        **settings,
    )
    return SAC(spec, 3, config, seed)


def records(
    rng: np.random.Generator, count: int = ROWS, spec: ObservationSpec = SPEC
) -> np.ndarray:
    made = np.zeros(count, spec.dtype)
    made["seen"] = rng.integers(0, 256, made["seen"].shape)
    made["clock"] = rng.standard_normal(made["clock"].shape)
    if spec.privileged:
        made[PRIVILEGED] = rng.standard_normal(made[PRIVILEGED].shape)
    return made


def picture_transitions(seed: int, discount: float = 0.97, spec: ObservationSpec = SPEC) -> Batch:
    rng = np.random.default_rng(seed)
    terminated = rng.random(ROWS) < 0.2
    return Batch(
        observation=records(rng, spec=spec),
        action=np.tanh(rng.standard_normal((ROWS, 3), np.float32)),
        reward=rng.standard_normal(ROWS, np.float32),
        next_observation=records(rng, spec=spec),
        discount=np.where(terminated, 0, discount).astype(np.float32),
    )


class EncoderPass:
    """An encoder's features of pictures, and the gradient of its weights."""

    def __init__(self, pictures: np.ndarray, weights: Weights) -> None:
        self.weights, self.maps = weights, [pictures / 255 - 0.5]
        for i, stride in enumerate(STRIDES):
            weight, bias = (weights[f"convolutions.{i}.{part}"] for part in ("weight", "bias"))
            self.maps.append(np.maximum(conv2d_reference(self.maps[-1], weight, bias, stride), 0))
        self.flat = self.maps[-1].reshape(len(pictures), -1)
        linear = self.flat @ weights["linear.weight"] + weights["linear.bias"]
        self.deviation = np.sqrt(linear.var(1, keepdims=True) + 1e-5)
        self.normal = (linear - linear.mean(1, keepdims=True)) / self.deviation
        self.features = np.tanh(self.normal * weights["norm.gain"] + weights["norm.bias"])

    def gradients(self, by_feature: np.ndarray) -> Weights:
        slope = by_feature * (1 - self.features**2)
        found = {"norm.gain": (slope * self.normal).sum(0), "norm.bias": slope.sum(0)}
        slope = slope * self.weights["norm.gain"]
        along = (slope * self.normal).mean(1, keepdims=True)
        slope = (slope - slope.mean(1, keepdims=True) - self.normal * along) / self.deviation
        found |= {"linear.weight": self.flat.T @ slope, "linear.bias": slope.sum(0)}
        slope = (slope @ self.weights["linear.weight"].T).reshape(self.maps[-1].shape)
        for i in reversed(range(len(STRIDES))):
            slope = slope * (self.maps[i + 1] > 0)
            weight = self.weights[f"convolutions.{i}.weight"]
            slope, d_weight, d_bias = conv2d_gradients(self.maps[i], weight, slope, STRIDES[i])
            found |= {f"convolutions.{i}.weight": d_weight, f"convolutions.{i}.bias": d_bias}
        return found


class ReferencePictureSAC(ReferenceSAC):
    """The flat step on features and numbers, and an encoder that the critics' loss moves.

    auxiliary: weight of the squared error of what a linear map of the features tells.
    """

    def __init__(self, arrays: Weights, rate: float, tau: float, auxiliary: float = 0.0) -> None:
        super().__init__(arrays, rate, tau)
        self.auxiliary = auxiliary
        self.encoder, self.target_encoder = (
            {
                name.removeprefix(prefix): array.astype(np.float64)
                for name, array in arrays.items()
                if name.startswith(prefix) and not name.endswith(("moment", "steps"))
            }
            for prefix in ("encoder.", "target_encoder.")
        )

    @staticmethod
    def told(encoder: Weights, latent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        said = latent @ encoder["teller.weight"] + encoder["teller.bias"]
        return np.concatenate([latent, said], 1), said

    def update(self, batch: Batch, noise: np.ndarray) -> np.ndarray:
        now = EncoderPass(batch.observation["seen"], self.encoder)
        following = EncoderPass(batch.next_observation["seen"], self.target_encoder)
        features, next_features = now.features, following.features
        if self.auxiliary:
            features, said = self.told(self.encoder, features)
            next_features, _ = self.told(self.target_encoder, next_features)
        flat = Batch(
            np.concatenate([features, batch.observation["clock"]], 1),
            batch.action,
            batch.reward,
            np.concatenate([next_features, batch.next_observation["clock"]], 1),
            batch.discount,
        )
        by_observation = super().update(flat, noise)
        latent = now.features.shape[1]
        by_feature, told = by_observation[:, :latent], {}
        if self.auxiliary:
            weight, error = self.encoder["teller.weight"], said - batch.observation[PRIVILEGED]
            slope = (
                2 * self.auxiliary / ROWS * error + by_observation[:, latent : features.shape[1]]
            )
            told = {"teller.weight": now.features.T @ slope, "teller.bias": slope.sum(0)}
            by_feature = by_feature + slope @ weight.T
        gradients = now.gradients(by_feature) | told
        for name, gradient in gradients.items():
            self.encoder[name] = self.adam(f"encoder{name}", self.encoder[name], gradient)
        for name, weight in self.encoder.items():
            self.target_encoder[name] += self.tau * (weight - self.target_encoder[name])
        return by_observation
