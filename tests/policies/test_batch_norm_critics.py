import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sac_reference import ROWS, SIZES, learner, next_noise, transitions

from policies.batch import Batch
from policies.engine import Tensor
from policies.engine.functional import concatenate
from policies.engine.layers import BatchNorm
from policies.errors import PolicyError
from policies.networks import BATCH_NORM_MOMENTUM, Critics
from policies.sac import SACConfig

CROSSQ = {"critic_batch_norm": True, "learning_rate": 1e-3}
OTHER = 5
"""Another seed of transitions than that of the first step."""


@given(st.integers(1, 3), st.integers(2, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_members_of_an_ensemble_are_normalised_as_they_would_be_alone(members, rows, size, seed):
    rng = np.random.default_rng(seed)
    x, slope = rng.standard_normal((2, members, rows, size))
    together, apart = BatchNorm(size, ensemble=members), BatchNorm(size)
    whole = Tensor(x, requires_grad=True)
    (together(whole) * slope).sum().backward()
    for i in range(members):
        apart.mean[:], apart.variance[:] = 0, 1
        part = Tensor(x[i], requires_grad=True)
        (apart(part) * slope[i]).sum().backward()
        np.testing.assert_allclose(whole.grad[i], part.grad, atol=1e-6)
        np.testing.assert_allclose(together.gain.grad[i, 0], apart.gain.grad, atol=1e-6)
        np.testing.assert_allclose(together.mean[i, 0], apart.mean, atol=1e-6)
        np.testing.assert_allclose(together.variance[i, 0], apart.variance, rtol=1e-6)


def critics_of(arrays: dict[str, np.ndarray]) -> Critics:
    """Return the critics of a state, in float64 and made of nothing but eager operations."""
    critics = Critics(*SIZES, (24, 16), np.random.default_rng(0), batch_norm=True)
    for name, tensor in critics.parameters().items():
        stacked = [arrays[f"critic{i}.{name}"] for i in (0, 1)]
        tensor.data = np.stack(stacked).astype(np.float64)
    for name, buffer in critics.buffers().items():
        np.stack([arrays[f"critic{i}.{name}"] for i in (0, 1)], out=buffer)
    return critics


@pytest.mark.parametrize("threads", [1, 2])
def test_goals_come_from_the_same_pass_and_no_gradient_goes_through_them(threads):
    sac, batch = learner(threads, init_alpha=0.2, **CROSSQ), transitions(0)
    critics, noise = critics_of(sac.state()[0]), next_noise(sac)
    sac.update(batch)
    ones = np.ones((ROWS, 1))
    arrays = sac._team.member.arrays
    following, log_prob = arrays.policy_action[1], arrays.policy_log_prob[1]
    assert noise.shape == arrays.noise.shape
    happened = Tensor(np.concatenate([batch.observation, batch.action, ones], 1))
    next_rows = Tensor(np.concatenate([batch.next_observation, following, ones], 1))
    joint = critics(concatenate((happened, next_rows), axis=0))
    least = joint.data[:, ROWS:].min(axis=0)
    goal = batch.reward[:, None] + batch.discount[:, None] * (least - 0.2 * log_prob)
    ((joint[:, :ROWS] - goal).square().sum() * (0.5 / ROWS)).backward()
    moved = sac.state()[0]
    for name, tensor in critics.parameters().items():
        for i in (0, 1):  # after one step Adam's unnormalised first moment is the gradient
            found = moved[f"critic{i}.{name}.first_moment"]
            np.testing.assert_allclose(found, tensor.grad[i], atol=2e-5, err_msg=name)


@pytest.mark.parametrize("threads", [1, 2])
def test_averages_see_every_batch_once_whoever_judges_in_between(threads):
    sac, batch = learner(threads, **CROSSQ), transitions(0)
    sac.update(batch)
    seen = np.concatenate([batch.observation, batch.next_observation]).mean(axis=0)
    for i in (0, 1):
        averages = sac.state()[0][f"critic{i}.net.layers.0.mean"][0, : SIZES[0]]
        np.testing.assert_allclose(averages, BATCH_NORM_MOMENTUM * seen, atol=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_learner_without_targets_goes_on_bit_for_bit(threads):
    straight, resumed = (learner(threads, **CROSSQ) for _ in range(2))
    straight.update(transitions(0))
    resumed.load_state(*straight.state())
    for sac in (straight, resumed):
        sac.update(transitions(OTHER))
    (arrays, _), (others, _) = straight.state(), resumed.state()
    assert not any(name.startswith("target") for name in arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)


def test_critics_normalised_over_the_batch_learn_values():
    sac, batch = learner(1, **CROSSQ), transitions(0)
    ended = Batch(
        batch.observation, batch.action, batch.reward, batch.observation, 0 * batch.reward
    )
    losses = [sac.update(ended)["critic_loss"] for _ in range(300)]
    assert losses[-1] < 0.5 * losses[0]


def test_one_way_of_normalising_critics_is_chosen():
    with pytest.raises(PolicyError, match="critic_layer_norm or critic_batch_norm, not both"):
        SACConfig(critic_layer_norm=True, critic_batch_norm=True)
