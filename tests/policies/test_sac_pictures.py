"""SAC on pictures: held to a step derived by hand, repeatable, restorable, and able to learn."""

import json
from dataclasses import replace

import numpy as np
import pytest
from picture_reference import (
    SPEC,
    TOLD,
    EncoderPass,
    ReferencePictureSAC,
    picture_learner,
    picture_transitions,
    records,
)
from sac_reference import ROWS, next_noise

from policies.batch import Batch
from policies.errors import PolicyError
from policies.observation import ImagePart, ObservationSpec
from policies.sac import SAC, SACConfig

RATES = {"learning_rate": 1e-3, "alpha_learning_rate": 1e-3}


def weights_of(sac: SAC, group: str) -> dict[str, np.ndarray]:
    return {
        name: array
        for name, array in sac.state()[0].items()
        if name.startswith(group + ".") and not name.endswith(("moment", "steps"))
    }


def assert_equal(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> None:
    assert left.keys() == right.keys()
    for name, array in left.items():
        np.testing.assert_array_equal(array, right[name], err_msg=name)


def differ(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    return any((array != right[name]).any() for name, array in left.items())


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("spec", "auxiliary"), [(SPEC, 0.0), (TOLD, 0.0), (TOLD, 0.7)])
def test_steps_equal_those_derived_by_hand_in_float64(threads, spec, auxiliary):
    sac = picture_learner(threads, spec=spec, init_alpha=0.2, auxiliary=auxiliary, **RATES)
    reference = ReferencePictureSAC(sac.state()[0], 1e-3, 0.1, auxiliary)
    for seed in range(4):
        batch = picture_transitions(seed, spec=spec)
        reference.update(batch, next_noise(sac))
        sac.update(batch)
    after = ReferencePictureSAC(sac.state()[0], rate=0, tau=0)
    # A wrong term moves the weights by up to the four steps of 1e-3; rounding by 1e-7.
    for ours, theirs in (
        (after.actor, reference.actor),
        *zip(after.critics, reference.critics, strict=True),
        *zip(after.targets, reference.targets, strict=True),
    ):
        for pair, expected in zip(ours, theirs, strict=True):
            for array, wanted in zip(pair, expected, strict=True):
                np.testing.assert_allclose(array, wanted, atol=3e-6)
    for ours, theirs in (
        (after.encoder, reference.encoder),
        (after.target_encoder, reference.target_encoder),
    ):
        assert ours.keys() == theirs.keys()
        for name, array in ours.items():
            np.testing.assert_allclose(array, theirs[name], atol=3e-6, err_msg=name)
    assert after.log_alpha == pytest.approx(reference.log_alpha, abs=1e-6)


def test_the_gradient_derived_by_hand_is_that_of_central_differences():
    weights = ReferencePictureSAC(picture_learner().state()[0], 0, 0).encoder
    rng = np.random.default_rng(0)
    pictures, by_feature = rng.integers(0, 256, (4, 12, 10, 2)), rng.standard_normal((4, 7))
    gradients = EncoderPass(pictures, weights).gradients(by_feature)
    for name, gradient in gradients.items():
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        losses = []
        for sign in (1, -1):
            moved = {key: array.copy() for key, array in weights.items()}
            moved[name][place] += sign * 1e-6
            losses.append((EncoderPass(pictures, moved).features * by_feature).sum())
        assert gradient[place] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6), name


def test_one_thread_and_two_take_the_same_step_from_the_same_state():
    one, two = picture_learner(1, **RATES), picture_learner(2, **RATES)
    two.load_state(*one.state())
    for seed in range(3):
        one.update(picture_transitions(seed))
        two.update(picture_transitions(seed))
    for name, array in one.state()[0].items():
        np.testing.assert_allclose(two.state()[0][name], array, atol=1e-5, err_msg=name)


def test_the_actors_loss_sends_nothing_into_the_encoder():
    """Where nothing comes after, the temperature is in the actor's loss alone."""
    cold, warm = (picture_learner(init_alpha=alpha) for alpha in (0.01, 5.0))
    for sac in (cold, warm):
        sac.update(picture_transitions(0, discount=0.0))
    assert differ(weights_of(cold, "actor"), weights_of(warm, "actor"))
    assert_equal(weights_of(cold, "encoder"), weights_of(warm, "encoder"))


def test_next_pictures_are_seen_through_the_slow_encoder_alone():
    def after(next_seed: int, blind: bool) -> SAC:
        sac = picture_learner()
        arrays, meta = sac.state()
        if blind:  # features of whatever picture are 0
            arrays["target_encoder.norm.gain"][:] = arrays["target_encoder.norm.bias"][:] = 0
        sac.load_state(arrays, meta)
        batch = picture_transitions(0)
        following = batch.next_observation.copy()
        following["seen"] = records(np.random.default_rng(next_seed))["seen"]
        sac.update(replace(batch, next_observation=following))
        return sac

    assert differ(after(1, False).state()[0], after(2, False).state()[0])
    assert_equal(after(1, True).state()[0], after(2, True).state()[0])


def test_the_slow_encoder_starts_as_a_copy_and_follows_by_tau():
    sac = picture_learner(**RATES)
    before = weights_of(sac, "encoder")
    for name, array in before.items():
        np.testing.assert_array_equal(weights_of(sac, "target_encoder")["target_" + name], array)
    sac.update(picture_transitions(0))
    moved, slow = weights_of(sac, "encoder"), weights_of(sac, "target_encoder")
    for name, array in before.items():
        expected = array + 0.1 * (moved[name] - array)
        np.testing.assert_allclose(slow["target_" + name], expected, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("part", ["observation", "next_observation"])
def test_every_picture_of_a_batch_matters(part):
    """Were pictures lost on their way, or replaced by zeros, both batches would teach the same."""
    seen, black = picture_learner(), picture_learner()
    batch = picture_transitions(0)
    dark = getattr(batch, part).copy()
    dark["seen"][1:] = 0
    seen.update(batch)
    black.update(replace(batch, **{part: dark}))
    assert differ(weights_of(seen, "critic0"), weights_of(black, "critic0"))
    assert differ(weights_of(seen, "encoder"), weights_of(black, "encoder"))


def test_actions_depend_on_the_picture():
    sac, observation = picture_learner(), records(np.random.default_rng(0), 6)
    other = observation.copy()
    other["seen"][3] = 0
    before, after = (sac.act(x, deterministic=True) for x in (observation, other))
    np.testing.assert_array_equal(np.flatnonzero((before != after).any(axis=1)), [3])


def test_pictures_are_shifted_only_if_asked_for():
    batch = picture_transitions(0)
    for shift in (0, 2):
        sac = picture_learner(shift=shift)
        sac.update(batch)
        used = sac._team.member.arrays.images
        for images, given in zip(used, (batch.observation, batch.next_observation), strict=True):
            for image, whole in zip(images, given["seen"], strict=True):
                padded = np.pad(whole, ((shift, shift), (shift, shift), (0, 0)), mode="edge")
                windows = np.lib.stride_tricks.sliding_window_view(padded, whole.shape)
                assert (windows == image).all(axis=(-3, -2, -1)).any()
        is_as_given = (used[0] == batch.observation["seen"]).all(axis=(1, 2, 3))
        assert is_as_given.all() if shift == 0 else is_as_given.mean() < 0.3


@pytest.mark.parametrize("threads", [1, 2])
def test_a_restored_learner_goes_on_bit_for_bit(threads):
    sac = picture_learner(threads, shift=1)
    for seed in range(3):
        sac.update(picture_transitions(seed))
    arrays, meta = sac.state()
    restored = picture_learner(threads, seed=99, shift=1)
    restored.update(picture_transitions(50))  # its processes run already when the state arrives
    restored.load_state(arrays, json.loads(json.dumps(meta)))
    for seed in range(3, 6):
        for learner in (sac, restored):
            learner.act(picture_transitions(seed).observation)
            learner.update(picture_transitions(seed))
    assert_equal(sac.state()[0], restored.state()[0])
    assert sac.state()[1] == restored.state()[1]


def test_a_state_for_another_encoder_is_refused_by_name():
    sac, other = picture_learner(), SAC(SPEC, 3, SACConfig((24, 16), latent=7, encoder="5k4s2"), 0)
    with pytest.raises(PolicyError, match=r"missing or unknown encoder.convolutions.1"):
        sac.load_state(*other.state())


def test_a_batch_of_other_pictures_is_refused():
    wrong = ObservationSpec(2, "clock", ImagePart("seen", (1, 1, 2)))
    batch = picture_transitions(0)
    for part in ("observation", "next_observation"):
        other = replace(batch, **{part: np.zeros(ROWS, wrong.dtype)})
        with pytest.raises(PolicyError, match=rf"batch's {part} .*\(1, 1, 2\).*\(12, 10, 2\)"):
            picture_learner().update(other)


@pytest.mark.parametrize("size", [16, 32, 64])
@pytest.mark.parametrize("threads", [1, 2])
def test_usual_sizes_of_pictures_are_learned_from(size, threads):
    spec = ObservationSpec(1, "clock", ImagePart("seen", (size, size, 1)))
    config = SACConfig((16,), batch_size=4, threads=threads, encoder="4k4s2 4k3s2", latent=8)
    sac, seen = SAC(spec, 2, config, seed=0), np.zeros(4, spec.dtype)
    seen["seen"][:, size // 2 :] = 200
    no = np.zeros(4, np.float32)
    before = weights_of(sac, "encoder")
    assert np.isfinite(
        sac.update(Batch(seen, np.zeros((4, 2), np.float32), no + 1, seen, no))["critic_loss"]
    )
    assert differ(before, weights_of(sac, "encoder"))


@pytest.mark.parametrize("threads", [1, 2])
def test_learns_to_point_at_what_only_the_picture_shows(threads):
    """One step, reward -(a - x)^2 for the place x of a bright column; the number tells nothing."""
    spec = ObservationSpec(1, "clock", ImagePart("seen", (16, 16, 1)))
    config = SACConfig(
        hidden=(32, 32),
        learning_rate=2e-3,
        alpha_learning_rate=3e-3,
        batch_size=64,
        threads=threads,
        encoder="8k4s2 8k3s2",
        latent=16,
    )
    rng, sac = np.random.default_rng(0), SAC(spec, 1, config, seed=0)
    no_more = np.zeros(64, np.float32)

    def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
        column = rng.integers(0, 16, count)
        seen = np.zeros(count, spec.dtype)
        seen["seen"][np.arange(count), :, column] = 255
        return seen, ((column[:, None] - 7.5) / 10).astype(np.float32)

    for _ in range(700):
        seen, place = draw(64)
        action = sac.act(seen)
        reward = -10 * np.square(action - place)[:, 0]
        sac.update(Batch(seen, action, reward, seen, no_more), metrics=False)
    seen, place = draw(500)
    error = np.abs(sac.act(seen, deterministic=True) - place).mean()
    assert error < 0.1  # a blind policy is wrong by 0.4
