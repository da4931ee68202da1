import numpy as np
import pytest
from sac_reference import learner, next_noise, transitions

from policies.batch import Batch

torch = pytest.importorskip("torch")

ALPHA = 0.3


class Network:
    """The weights of one network of a learner's state, in float64 and with gradients."""

    def __init__(self, name: str, arrays: dict[str, np.ndarray]) -> None:
        prefix = f"{name}.net."
        self.parameters = {
            key.removeprefix(prefix): torch.tensor(array.astype(np.float64), requires_grad=True)
            for key, array in arrays.items()
            if key.startswith(prefix) and not key.endswith("moment")
        }

    def __call__(self, x):
        for i in range(3):
            weight, bias = (self.parameters.get(f"layers.{i}.{p}") for p in ("weight", "bias"))
            if bias is None:
                x, bias = torch.cat([x, torch.ones(len(x), 1)], 1), 0.0
            x = x @ weight + bias
            x = torch.relu(x) if i < 2 else x
        return x


def sample(actor: Network, observation, noise):
    mean, raw = actor(observation).chunk(2, dim=1)
    normal = torch.distributions.Normal(mean, torch.exp(-1.5 + 3.5 * torch.tanh(raw)))
    u = mean + normal.scale * noise
    log_prob = normal.log_prob(u) - torch.log1p(-(torch.tanh(u) ** 2))
    return torch.tanh(u), log_prob.sum(1, keepdim=True)


def least(critics: list[Network], observation, action):
    return torch.minimum(*(critic(torch.cat([observation, action], 1)) for critic in critics))


def test_gradients_of_critics_and_actor_agree_with_autograd():
    sac = learner(1, learn_alpha=False, init_alpha=ALPHA)
    batch, noise, before = transitions(0), torch.tensor(next_noise(sac)), sac.state()[0]
    sac.update(batch)
    step, after = sac._team.member, sac.state()[0]
    observation, action, reward, following, discount = (
        torch.tensor(getattr(batch, name).astype(np.float64)) for name in Batch.__slots__
    )

    actor = Network("actor", before)
    critics = [Network(f"critic{i}", before) for i in (0, 1)]
    targets = [Network(f"target{i}", before) for i in (0, 1)]
    with torch.no_grad():
        next_action, log_prob = sample(actor, following, noise[1])
        value = least(targets, following, next_action) - ALPHA * log_prob
        goal = reward[:, None] + discount[:, None] * value
    x = torch.cat([observation, action], 1)
    sum(0.5 * torch.nn.functional.mse_loss(critic(x), goal) for critic in critics).backward()
    vector = step.critics[0].vector
    for name, gradient in vector.split(vector.gradients[0]).items():
        for ours, critic in zip(gradient, critics, strict=True):
            expected = critic.parameters[name.removeprefix("net.")].grad.numpy()
            np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-6)

    moved = [Network(f"critic{i}", after) for i in (0, 1)]
    new_action, log_prob = sample(actor, observation, noise[0])
    (ALPHA * log_prob - least(moved, observation, new_action)).mean().backward()
    for name, ours in step.actor.vector.split(step.actor.vector.gradients[0]).items():
        expected = actor.parameters[name.removeprefix("net.")].grad.numpy()
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-6)
