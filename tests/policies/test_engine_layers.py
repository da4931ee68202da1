import math

import numpy as np
import pytest

from policies.engine import Tensor
from policies.engine.functional import cross_entropy, dropout, huber, mse
from policies.engine.initialize import fan_in_uniform, kaiming, orthogonal, uniform, xavier
from policies.engine.layers import Dropout, LayerNorm, Linear, mlp


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_cross_entropy_is_minus_the_log_probability_of_the_label():
    logits = np.array([[2.0, 0.0, -1.0], [0.0, 3.0, 0.0]])
    expected = 0.0
    for row, label in zip(logits, (0, 2), strict=True):
        expected -= math.log(math.exp(row[label]) / sum(math.exp(v) for v in row)) / 2
    assert cross_entropy(Tensor(logits), np.array([0, 2])).item() == pytest.approx(expected)


def test_cross_entropy_falls_along_its_gradient():
    logits = Tensor(np.zeros((1, 3)), requires_grad=True)
    cross_entropy(logits, np.array([1])).backward()
    np.testing.assert_allclose(logits.grad, [[1 / 3, -2 / 3, 1 / 3]])


def test_mse_is_the_mean_of_the_squares():
    prediction, target = Tensor(np.array([[1.0, 2.0]])), Tensor(np.array([[4.0], [2.0]]))
    assert mse(prediction, target).item() == (9 + 4 + 1 + 0) / 4


def test_huber_is_quadratic_inside_and_linear_outside():
    loss = huber(Tensor(np.array([0.5, 3.0])), Tensor(np.zeros(2)), delta=1.0)
    assert loss.item() == pytest.approx((0.5 * 0.25 + (3.0 - 0.5)) / 2)


def test_dropout_drops_its_rate_and_keeps_the_mean(rng):
    x = np.ones((400, 100), np.float32)
    result = dropout(Tensor(x), 0.3, rng).data
    assert np.mean(result == 0) == pytest.approx(0.3, abs=0.01)
    assert set(np.unique(result)) == {np.float32(0), np.float32(1 / 0.7)}


def test_dropout_draws_anew_at_every_call(rng):
    layer = Dropout(0.5, rng)
    x = Tensor(np.ones((10, 10), np.float32))
    assert (layer(x).data != layer(x).data).any()


def test_dropout_passes_everything_when_not_training(rng):
    layer = Dropout(0.9, rng)
    layer.is_training = False
    x = Tensor(np.ones((10, 10), np.float32))
    assert layer(x) is x


def test_a_dropout_rate_of_one_is_refused(rng):
    with pytest.raises(ValueError, match=r"lies in \[0, 1\), got 1"):
        dropout(Tensor(np.ones(3)), 1, rng)


@pytest.mark.parametrize("shape", [(50, 20), (20, 50), (30, 30)])
def test_orthogonal_weights_have_orthonormal_columns_or_rows(rng, shape):
    weight = orthogonal(2.0)(rng, *shape).astype(np.float64)
    short = weight.T @ weight if shape[0] >= shape[1] else weight @ weight.T
    np.testing.assert_allclose(short, 4 * np.eye(min(shape)), atol=1e-5)


@pytest.mark.parametrize(
    ("initialize", "variance"),
    [
        (uniform(0.6), 0.12),
        (fan_in_uniform, 1 / (3 * 400)),
        (kaiming, 2 / 400),
        (xavier, 2 / (400 + 300)),
    ],
)
def test_uniform_initialisers_have_their_published_variance(rng, initialize, variance):
    weight = initialize(rng, 400, 300)
    assert weight.shape == (400, 300)
    assert weight.dtype == np.float32
    assert abs(weight.mean()) < 0.02 * weight.std()
    assert weight.var() == pytest.approx(variance, rel=0.02)


def test_kaiming_keeps_the_scale_of_a_signal_through_many_relu_layers(rng):
    net = mlp([256] * 10, rng, initialize=kaiming)
    x = rng.standard_normal((200, 256)).astype(np.float32)
    ratio = float(net(Tensor(x)).data.std() / x.std())
    assert 0.5 < ratio < 3  # (1/3)**4 with fan_in_uniform


def test_ensemble_members_start_unlike_each_other_and_never_mix(rng):
    layer = Linear(3, 4, rng, ensemble=2)
    assert (layer.weight.data[0] != layer.weight.data[1]).any()
    x = Tensor(rng.standard_normal((5, 3)).astype(np.float32))
    layer(x)[0].sum().backward()
    assert (layer.weight.grad[1] == 0).all()
    assert (layer.weight.grad[0] != 0).any()


def test_parameters_are_named_by_where_they_are(rng):
    net = mlp((3, 4, 2), rng, layer_norm=True)
    assert list(net.parameters()) == [
        "layers.0.weight",
        "layers.0.bias",
        "layers.1.gain",
        "layers.1.bias",
        "layers.3.weight",
        "layers.3.bias",
    ]


def test_a_frozen_module_shares_its_weights_and_passes_gradient_to_its_input(rng):
    net = mlp((3, 4, 1), rng)
    frozen = net.frozen()
    x = Tensor(rng.standard_normal((5, 3)).astype(np.float32), requires_grad=True)
    frozen(x).sum().backward()
    through_frozen = x.grad.copy()
    assert all(parameter.grad is None for parameter in net.parameters().values())
    net(x).sum().backward()
    np.testing.assert_array_equal(x.grad, through_frozen)
    net.parameters()["layers.0.weight"].data[:] = 0
    assert (frozen.parameters()["layers.0.weight"].data == 0).all()


def test_layer_norm_starts_as_plain_normalisation(rng):
    x = rng.standard_normal((6, 50)).astype(np.float32) * 7 + 3
    result = LayerNorm(50)(Tensor(x)).data
    np.testing.assert_allclose(result.mean(-1), 0, atol=1e-5)
    np.testing.assert_allclose(result.std(-1), 1, atol=1e-4)
