import copy

import numpy as np
import pytest
from sac_reference import ReferenceSAC

from policies.batch import Batch
from policies.sac import SAC, SACConfig
from policies.sac_judge import Judge, RowwiseJudge, affine_layers
from policies.sac_step import SACStep

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
    return SAC(*SIZES, config, seed=3)


def next_noise(sac: SAC) -> np.ndarray:
    rng = np.random.default_rng()
    rng.bit_generator.state = copy.deepcopy(sac.state()[1]["rng"])
    return rng.standard_normal((2, ROWS, SIZES[1]), np.float32).astype(np.float64)


@pytest.mark.parametrize("threads", [1, 2])
def test_steps_equal_those_derived_by_hand_in_float64(threads):
    rates = {"learning_rate": 1e-3, "alpha_learning_rate": 1e-3}
    sac = learner(threads, init_alpha=0.2, **rates)
    reference = ReferenceSAC(sac.state()[0], rate=1e-3, tau=0.1)
    for seed in range(5):
        reference.update(transitions(seed), next_noise(sac))
        sac.update(transitions(seed))
    arrays = sac.state()[0]
    after = ReferenceSAC(arrays, rate=0, tau=0)
    # A wrong term moves the weights by up to the five steps of 1e-3; rounding by 1e-7.
    for ours, theirs in (
        (after.actor, reference.actor),
        *zip(after.critics, reference.critics, strict=True),
        *zip(after.targets, reference.targets, strict=True),
    ):
        for (weight, bias), (expected_weight, expected_bias) in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(weight, expected_weight, atol=1e-6)
            np.testing.assert_allclose(bias, expected_bias, atol=1e-6)
    assert after.log_alpha == pytest.approx(reference.log_alpha, abs=1e-6)


def test_gradients_agree_with_torch():
    torch = pytest.importorskip("torch")
    sac = learner(1, learn_alpha=False, init_alpha=0.3)
    batch, noise = transitions(0), torch.tensor(next_noise(sac))
    before = sac.state()[0]
    sac.update(batch)
    step = sac._team.member
    ours = dict(
        zip(step.actor.parameters, step.actor.split(step.actor.gradients[0]).values(), strict=True)
    )
    vector = step.critics[0].vector
    critic_gradients = vector.split(vector.gradients[0])

    def network(name: str, arrays: dict) -> list:
        return [
            torch.tensor(
                arrays[f"{name}.net.layers.{i}.{part}"].astype(np.float64), requires_grad=True
            )
            for i in range(3)
            for part in ("weight", "bias")
        ]

    def run(x, parameters):
        for i in range(0, 6, 2):
            x = x @ parameters[i] + parameters[i + 1]
            x = torch.relu(x) if i < 4 else x
        return x

    def sample(x, parameters, noise):
        mean, raw = run(x, parameters).chunk(2, dim=1)
        normal = torch.distributions.Normal(mean, torch.exp(-1.5 + 3.5 * torch.tanh(raw)))
        u = mean + normal.scale * noise
        action = torch.tanh(u)
        log_prob = normal.log_prob(u) - torch.log1p(-(action**2))
        return action, log_prob.sum(1, keepdim=True)

    tensors = {
        name: torch.tensor(getattr(batch, name).astype(np.float64)) for name in Batch.__slots__
    }
    actor = network("actor", before)
    critics = [network(f"critic{i}", before) for i in (0, 1)]
    targets = [network(f"target{i}", before) for i in (0, 1)]
    with torch.no_grad():
        action, log_prob = sample(tensors["next_observation"], actor, noise[1])
        x = torch.cat([tensors["next_observation"], action], 1)
        least = torch.minimum(*(run(x, target) for target in targets))
        goal = tensors["reward"][:, None] + tensors["discount"][:, None] * (least - 0.3 * log_prob)
    x = torch.cat([tensors["observation"], tensors["action"]], 1)
    loss = sum(0.5 * torch.nn.functional.mse_loss(run(x, critic), goal) for critic in critics)
    loss.backward()
    for i, critic in enumerate(critics):
        for gradient, parameter in zip(critic_gradients.values(), critic, strict=True):
            expected = parameter.grad.numpy()
            np.testing.assert_allclose(
                gradient[i].reshape(expected.shape), expected, rtol=1e-3, atol=1e-6
            )

    after = sac.state()[0]
    moved = [network(f"critic{i}", after) for i in (0, 1)]
    action, log_prob = sample(tensors["observation"], actor, noise[0])
    x = torch.cat([tensors["observation"], action], 1)
    actor_loss = (0.3 * log_prob - torch.minimum(*(run(x, critic) for critic in moved))).mean()
    actor_loss.backward()
    for gradient, parameter in zip(ours.values(), actor, strict=True):
        np.testing.assert_allclose(gradient, parameter.grad.numpy(), rtol=1e-3, atol=1e-6)


def test_skipping_zero_rows_gives_the_gradient_of_the_whole_ensemble():
    config = SACConfig(hidden=(24, 16), batch_size=ROWS, threads=1)
    step = SACStep(SIZES, config, 0, np.copy, 0, 1, lambda: None)
    rng, critics, arrays = np.random.default_rng(0), step.critics[0].critics, step.arrays
    arrays.fill(transitions(0), 0.2, rng)
    arrays.policy_action[0] = np.tanh(rng.standard_normal((ROWS, SIZES[1])))
    results = []
    for kind in (Judge, RowwiseJudge):
        judge = kind(critics, arrays, slice(0, 2), 0)
        judge.evaluate()
        judge.direct()
        results.append(arrays.action_gradients[0].copy())
        arrays.action_gradients[0] = np.nan
    assert 0 < (arrays.policy_values.argmin(axis=0) == 0).sum() < ROWS
    np.testing.assert_allclose(results[1], results[0], rtol=1e-5, atol=1e-8)


def test_critics_with_layer_norm_are_not_taken_back_row_by_row():
    config = SACConfig(hidden=(8,), batch_size=ROWS, threads=1, critic_layer_norm=True)
    step = SACStep(SIZES, config, 0, np.copy, 0, 1, lambda: None)
    with pytest.raises(TypeError, match="do not come from Affine layers"):
        affine_layers(step._judge._values)


def test_a_terminated_transition_has_no_value_after_it_and_a_truncated_one_has():
    """With a discount of 0 the next observation must not matter; otherwise it must."""

    def critic_after(discount: float, shift: float) -> np.ndarray:
        sac, batch = learner(1), transitions(0)
        changed = Batch(
            batch.observation,
            batch.action,
            batch.reward,
            batch.next_observation + np.float32(shift),
            np.full(ROWS, discount, np.float32),
        )
        sac.update(changed)
        return sac.state()[0]["critic0.net.layers.0.weight"]

    np.testing.assert_array_equal(critic_after(0.0, 0.0), critic_after(0.0, 5.0))
    assert (critic_after(0.97, 0.0) != critic_after(0.97, 5.0)).any()
