"""What the networks make of pictures: activations, values, and the slopes of values."""

from pathlib import Path

import numpy as np
import pytest
from tiny_envs import Reach, SeenReach

from policies.checkpoint import read_manifest, read_part, write_checkpoint
from policies.config import TrainConfig
from policies.critic_files import load_critics
from policies.encoder import Convolution, ImageEncoder
from policies.engine import Tensor
from policies.errors import CheckpointError, PolicyError
from policies.insight import CriticView, activations
from policies.networks import Critics
from policies.observation import ImagePart, ObservationSpec
from policies.policy_files import load_policy
from policies.runs import RunFolder
from policies.sac import SACConfig
from policies.trainer import Trainer

SPEC = ObservationSpec(3, "numbers", ImagePart("picture", (12, 10, 2)))
ACTIONS = 2
SIZE = 5


def networks(**norm: bool) -> tuple[ImageEncoder, Critics]:
    rng = np.random.default_rng(1)
    encoder = ImageEncoder((12, 10, 2), [Convolution(4, 3, 2), Convolution(6, 2, 1)], 8, rng)
    critics = Critics(8 + 3 + ACTIONS, 0, (16,), rng, count=2, **norm)
    return encoder, critics.predicting()


def rows(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    observations = np.zeros(SIZE, SPEC.dtype)
    observations["picture"] = rng.integers(0, 256, observations["picture"].shape)
    observations["numbers"] = rng.standard_normal((SIZE, 3))
    return observations, rng.uniform(-1, 1, (SIZE, ACTIONS)).astype(np.float32)


@pytest.mark.parametrize("norm", [{}, {"layer_norm": True}, {"batch_norm": True}])
def test_the_slopes_are_central_differences_of_the_value(norm: dict[str, bool]) -> None:
    rng = np.random.default_rng(2)
    view = CriticView(*networks(**norm), SPEC)
    observations, actions = rows(rng)
    slopes = view.slopes(observations, actions)
    pixels, numbers = observations["picture"] / 255 - 0.5, observations["numbers"]
    for place in zip(*(rng.integers(0, length, 40) for length in pixels.shape), strict=True):
        step = np.zeros_like(pixels)
        step[place] = 1e-6
        above, below = (
            view.values_of_pixels(pixels + sign * step, numbers, actions) for sign in (1, -1)
        )
        difference = (above - below)[place[0]] / 2e-6 / 255
        np.testing.assert_allclose(slopes[place], difference, rtol=1e-5, atol=1e-9)
    assert np.count_nonzero(slopes) > slopes.size / 2


def test_the_value_is_the_least_of_the_critics() -> None:
    encoder, critics = networks()
    observations, actions = rows(np.random.default_rng(3))
    features = encoder(Tensor((observations["picture"] / 255 - 0.5).astype(np.float32))).data
    ones = np.ones((SIZE, 1), np.float32)
    seen = np.hstack([features, observations["numbers"], actions, ones])
    each = critics(Tensor(seen)).data[:, :, 0]
    assert (each[0] < each[1]).any() or (each[1] < each[0]).any()
    found = CriticView(encoder, critics, SPEC).values(observations, actions)
    np.testing.assert_allclose(found, each.min(axis=0), rtol=1e-4, atol=1e-5)


def test_looking_leaves_the_networks_as_they_were() -> None:
    encoder, critics = networks()
    observations, actions = rows(np.random.default_rng(4))
    CriticView(encoder, critics, SPEC).slopes(observations, actions)
    tensors = [*encoder.parameters().values(), *critics.parameters().values()]
    assert all(tensor.data.dtype == np.float32 and tensor.grad is None for tensor in tensors)


def test_the_activations_are_those_of_each_convolution() -> None:
    encoder, _ = networks()
    images = rows(np.random.default_rng(5))[0]["picture"]
    first, last = activations(encoder, images)
    assert first.shape == (SIZE, 5, 4, 4)
    pixels = Tensor((images / 255 - 0.5).astype(np.float32))
    np.testing.assert_allclose(last, encoder.maps(pixels).data, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    sac = SACConfig(hidden=(16, 16), batch_size=16, threads=1, encoder="4k3s2 8k3s2", latent=8)
    return train(tmp_path_factory.mktemp("seen") / "run", sac, SeenReach)


def train(folder: Path, sac: SACConfig, make_env: type[Reach]) -> RunFolder:
    config = TrainConfig(
        "Reach-v0", total_steps=160, start_steps=40, num_envs=2, replay_capacity=200,
        eval_every=0, eval_episodes=2, tensorboard=False, sac=sac,
    )  # fmt: skip
    run = RunFolder(folder)
    with Trainer.start(config, run, make_env) as trainer:
        trainer.train()
    return run


def test_the_critics_of_a_run_value_what_they_learned(trained: RunFolder) -> None:
    view, saved = load_critics(trained.last), load_policy(trained.last)
    spec = saved.contract.observation
    env = SeenReach()
    observations = np.stack([spec.pack(env.reset(seed=seed)[0]) for seed in range(4)])
    actions = saved.act(observations)
    arrays = read_part(trained.last, saved.about, "training", "learner/sac/critic")
    head = saved.policy.features(observations["seen"])  # type: ignore[union-attr]
    inputs = np.hstack([head, observations["clock"], actions, np.ones((4, 1), np.float32)])
    values = []
    for member in range(2):
        x, prefix = inputs, f"learner/sac/critic{member}.net.layers."
        for layer in range(3):
            bias = arrays.get(f"{prefix}{layer}.bias", 0)
            x = x @ arrays[f"{prefix}{layer}.weight"] + bias
            x = np.maximum(x, 0) if layer < 2 else x
        values.append(x[:, 0])
    expected = np.minimum(*values)
    np.testing.assert_allclose(view.values(observations, actions), expected, rtol=1e-4, atol=1e-5)


def test_a_part_can_be_read_in_part(trained: RunFolder) -> None:
    manifest = read_manifest(trained.last)
    whole = read_part(trained.last, manifest, "training")
    some = read_part(trained.last, manifest, "training", "learner/sac/critic0.")
    assert 0 < len(some) < len(whole)
    for name, array in some.items():
        assert name.startswith("learner/sac/critic0.")
        np.testing.assert_array_equal(array, whole[name])


def test_a_policy_without_critics_says_where_they_are(trained: RunFolder) -> None:
    with pytest.raises(PolicyError, match="without its critics; they are in checkpoints/last"):
        load_critics(trained.best)


def test_critics_of_numbers_alone_are_refused(tmp_path: Path) -> None:
    run = train(tmp_path / "run", SACConfig(hidden=(8,), batch_size=8, threads=1), Reach)
    with pytest.raises(PolicyError, match="see no pictures"):
        load_critics(run.last)


def test_critics_that_do_not_fit_their_config_are_refused(
    tmp_path: Path, trained: RunFolder
) -> None:
    manifest = read_manifest(trained.last)
    parts = {name: read_part(trained.last, manifest, name) for name in ("policy", "training")}
    manifest["config"]["sac"]["hidden"] = [16, 24]
    meta = {key: manifest[key] for key in ("contract", "versions", "config")}
    write_checkpoint(tmp_path, parts, meta)
    with pytest.raises(CheckpointError, match="the config needs"):
        load_critics(tmp_path)
