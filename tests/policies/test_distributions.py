import numpy as np
import pytest

from policies.distributions import (
    LOG_STD_MAX,
    LOG_STD_MIN,
    sample_squashed_gaussian,
    standard_deviation,
)
from policies.engine import Tensor


def sample(mean: float, raw: float, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    head = np.tile([mean, raw], (len(noise), 1))
    action, log_prob = sample_squashed_gaussian(Tensor(head), noise[:, None])
    return action.data[:, 0], log_prob.data[:, 0]


@pytest.mark.parametrize(("mean", "raw"), [(0.0, 0.0), (1.2, 0.3), (-0.7, 0.8)])
def test_density_of_the_actions_integrates_to_one(mean, raw):
    noise = np.linspace(-8, 8, 20001)
    action, log_prob = sample(mean, raw, noise)
    density = np.exp(log_prob)
    area = (np.diff(action) * (density[1:] + density[:-1]) / 2).sum()
    assert area == pytest.approx(1.0, abs=1e-4)


def test_deviation_stays_within_its_bounds():
    raw = np.array([-100.0, 0.0, 100.0])
    expected = np.exp([LOG_STD_MIN, (LOG_STD_MIN + LOG_STD_MAX) / 2, LOG_STD_MAX])
    np.testing.assert_allclose(standard_deviation(raw), expected)


def test_acting_and_learning_use_the_same_deviation():
    noise = np.array([0.3])
    action, _ = sample(0.2, 0.4, noise)
    np.testing.assert_allclose(action, np.tanh(0.2 + standard_deviation(np.array([0.4])) * noise))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_actions_have_finite_log_probability_and_gradient(dtype):
    head = Tensor(np.array([[60.0, 5.0], [-60.0, -5.0]], dtype), requires_grad=True)
    action, log_prob = sample_squashed_gaussian(head, np.array([[3.0], [-3.0]], dtype))
    (action * 2.0 + log_prob).sum().backward()
    np.testing.assert_allclose(np.abs(action.data), 1.0)
    assert np.isfinite(log_prob.data).all()
    assert np.isfinite(head.grad).all()
    # Far out, log(1 - tanh(u)^2) is 2 log 2 - 2|u|, so that the density grows without bound.
    assert log_prob.data[1, 0] > 100


def test_log_probability_adds_up_over_independent_actions():
    rng = np.random.default_rng(0)
    head, noise = rng.standard_normal((4, 6)), rng.standard_normal((4, 3))
    _, together = sample_squashed_gaussian(Tensor(head), noise)
    alone = [
        sample_squashed_gaussian(Tensor(head[:, [i, i + 3]]), noise[:, [i]])[1].data
        for i in range(3)
    ]
    np.testing.assert_allclose(together.data, sum(alone))


def test_noise_that_does_not_fit_the_head_is_refused():
    with pytest.raises(ValueError, match=r"needs a head \[n, 2a\], got \(4, 3\)"):
        sample_squashed_gaussian(Tensor(np.zeros((4, 3))), np.zeros((4, 2)))
