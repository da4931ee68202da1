"""A policy that is told what a reader makes of pictures acts like the network it was trained as."""

from typing import Any

import numpy as np
import pytest

from policies.cloning_config import CloningConfig
from policies.cloning_step import ClonedActor, CloningStep
from policies.encoder import write_pixels
from policies.engine import Tensor
from policies.errors import PolicyError
from policies.image_policy import make_policy
from policies.observation import PRIVILEGED, ImagePart, ObservationSpec

SPEC = ObservationSpec(2, "clock", ImagePart("seen", (12, 12, 1)), 3)
CONFIG = CloningConfig(hidden=(16,), batch_size=8, encoder="4k4s2", latent=6, reader=(8,))


def seen(count: int = 5) -> np.ndarray:
    rng, found = np.random.default_rng(1), np.zeros(count, SPEC.dtype)
    found["seen"] = rng.integers(0, 256, found["seen"].shape)
    found["clock"], found[PRIVILEGED] = rng.normal(size=(count, 2)), rng.normal(size=(count, 3))
    return found


def network(seed: int = 0) -> ClonedActor:
    return ClonedActor(SPEC, 2, CONFIG, np.random.default_rng(seed))


def arrays_of(network: ClonedActor) -> dict[str, Any]:
    return {name: array.copy() for name, array in network.policy_arrays().items()}


def test_it_acts_as_the_network_does() -> None:
    made, observations = network(), seen()
    pixels = np.zeros(observations["seen"].shape, np.float32)
    write_pixels(observations["seen"], pixels)
    head, said = made(Tensor(pixels), Tensor(np.ascontiguousarray(observations["clock"])))
    means, deviations = make_policy(made.policy_arrays(), SPEC).head(observations)
    np.testing.assert_allclose(np.concatenate([means, deviations], 1), head.data, atol=1e-5)
    assert said is not None and said.shape == (5, 3)


def test_the_picture_reaches_the_actor_through_what_the_reader_says_alone() -> None:
    made, observations = network(), seen(1)
    other = observations.copy()
    other["seen"] = 255 - other["seen"]
    policy = make_policy(made.policy_arrays(), SPEC)
    assert (policy.act(observations) != policy.act(other)).all()
    assert made.reader is not None
    made.reader.layers[-1].weight.data[...] = 0
    np.testing.assert_array_equal(policy.act(observations), policy.act(other))


def test_training_has_the_reader_say_what_the_environment_tells() -> None:
    step, observations = CloningStep(SPEC, 2, CONFIG, 0), seen(8)
    actions = np.clip(observations[PRIVILEGED][:, :2], -0.9, 0.9)
    losses = [step(observations, actions, np.random.default_rng(0)) for _ in range(600)]
    assert losses[-1] < 0.05 * losses[0]


@pytest.mark.parametrize(
    ("name", "axis", "message"),
    [
        ("reader.0.weight", 0, "the reader takes"),
        ("reader.1.weight", 1, "reader|do not fit"),
        ("0.weight", 0, "the policy takes"),
    ],
)
def test_layers_that_do_not_fit_are_refused(name: str, axis: int, message: str) -> None:
    arrays = arrays_of(network())
    arrays[name] = np.delete(arrays[name], 0, axis)
    with pytest.raises(PolicyError, match=message):
        make_policy(arrays, SPEC)


def test_half_a_reader_is_refused() -> None:
    arrays = arrays_of(network())
    del arrays["reader.1.bias"]
    with pytest.raises(PolicyError, match="not the arrays of a reader"):
        make_policy(arrays, SPEC)
