import numpy as np
import pytest
from conv_reference import slide
from hypothesis import given
from hypothesis import strategies as st
from replay_memory import replay_peak, run_once

from policies.engine import Program, Tensor
from policies.engine.conv_layers import AveragePool2d, Flatten, MaxPool2d
from policies.engine.functional import average_pool2d, max_pool2d
from policies.engine.layers import BatchNorm, Dropout, Layer, Sequential
from policies.engine.windows import WindowError


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def gradient(layer: Layer, x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    tensor = Tensor(x, requires_grad=True)
    (layer(tensor) * Tensor(weight)).sum().backward()
    return tensor.grad


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 4),
)
def test_pools_of_any_geometry_equal_the_definition(height, width, kernel, stride):
    kernel = min(kernel, height, width)
    x = np.random.default_rng(0).standard_normal((3, height, width, 2))
    for pool, function in ((max_pool2d, np.max), (average_pool2d, np.mean)):
        expected = slide(x, kernel, stride, lambda part, f=function: f(part, axis=(1, 2)))
        np.testing.assert_allclose(pool(Tensor(x), kernel, stride).data, expected, atol=1e-13)


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (3, 1), (2, 3)])
def test_pools_agree_with_torch_on_images_with_ties(rng, kernel, stride):
    torch = pytest.importorskip("torch")
    x = rng.integers(0, 3, (4, 9, 8, 3)).astype(np.float64)
    for ours, theirs in (
        (MaxPool2d(kernel, stride), torch.nn.MaxPool2d(kernel, stride)),
        (AveragePool2d(kernel, stride), torch.nn.AvgPool2d(kernel, stride)),
    ):
        images = torch.tensor(x.transpose(0, 3, 1, 2), requires_grad=True)
        expected = theirs(images)
        weight = rng.standard_normal(expected.shape)
        expected.backward(torch.tensor(weight))
        np.testing.assert_allclose(
            ours(Tensor(x)).data, expected.detach().numpy().transpose(0, 2, 3, 1)
        )
        np.testing.assert_allclose(
            gradient(ours, x, weight.transpose(0, 2, 3, 1)),
            images.grad.numpy().transpose(0, 2, 3, 1),
            atol=1e-12,
        )


def test_a_pool_larger_than_the_image_is_refused():
    with pytest.raises(WindowError, match=r"a kernel of 3 does not fit 2 pixels"):
        MaxPool2d(3)(Tensor(np.zeros((1, 2, 5, 1))))
    with pytest.raises(WindowError, match=r"takes x \[n, h, w, c\], got shape \(2, 5\)"):
        MaxPool2d(3)(Tensor(np.zeros((2, 5))))


def test_a_stride_of_zero_is_refused_and_not_taken_for_the_default():
    with pytest.raises(WindowError, match=r"stride must be at least 1.*stride 0"):
        max_pool2d(Tensor(np.zeros((1, 4, 4, 1))), 2, 0)


def test_flatten_keeps_the_samples(rng):
    x = rng.standard_normal((3, 4, 5, 2))
    np.testing.assert_array_equal(Flatten()(Tensor(x)).data, [image.ravel() for image in x])


@pytest.mark.parametrize("lengths", [(8, 5), (4, 3, 6, 5)])
def test_batch_norm_trains_and_predicts_as_torch_does(rng, lengths):
    torch = pytest.importorskip("torch")
    ours = BatchNorm(5)
    theirs = (torch.nn.BatchNorm1d if len(lengths) == 2 else torch.nn.BatchNorm2d)(5)
    channels_first = (0, 1) if len(lengths) == 2 else (0, 3, 1, 2)
    for is_training in (True, True, False):
        ours.is_training = is_training
        theirs.train(is_training)
        x = (rng.standard_normal(lengths) * 3 + 1).astype(np.float32)
        weight = rng.standard_normal(lengths).astype(np.float32)
        images = torch.tensor(x.transpose(channels_first), requires_grad=True)
        expected = theirs(images)
        expected.backward(torch.tensor(weight.transpose(channels_first)))
        output = ours(Tensor(x)).data if not is_training else None
        result = gradient(ours, x, weight)
        np.testing.assert_allclose(result.transpose(channels_first), images.grad.numpy(), atol=2e-5)
        np.testing.assert_allclose(ours.mean, theirs.running_mean.numpy(), atol=1e-6)
        np.testing.assert_allclose(ours.variance, theirs.running_var.numpy(), rtol=1e-5)
    np.testing.assert_allclose(
        output.transpose(channels_first), expected.detach().numpy(), atol=1e-5
    )


def test_batch_norm_moves_its_averages_to_the_statistics_of_what_it_sees(rng):
    layer = BatchNorm(3)
    for _ in range(200):
        layer(Tensor(rng.normal([1.0, -2.0, 0.0], [1.0, 3.0, 0.5], (500, 3))))
    np.testing.assert_allclose(layer.mean, [1.0, -2.0, 0.0], atol=0.2)
    np.testing.assert_allclose(np.sqrt(layer.variance), [1.0, 3.0, 0.5], rtol=0.05)


def test_a_replay_of_batch_norm_goes_on_averaging_and_predicting_follows_it(rng):
    layer = BatchNorm(2)
    x = Tensor(rng.standard_normal((50, 2)).astype(np.float32))
    training = Program(layer(x))
    layer.is_training = False
    prediction = layer(x)
    predicting = Program(prediction)
    x.data[:] += 10
    for _ in range(100):
        training.forward()
    predicting.forward()
    np.testing.assert_allclose(layer.mean, x.data.mean(0), rtol=1e-3)
    np.testing.assert_allclose(prediction.data.mean(0), 0, atol=1e-2)


def test_batch_norm_while_predicting_does_not_look_at_the_batch(rng):
    layer = BatchNorm(2)
    layer.is_training = False
    x = rng.standard_normal((6, 2)).astype(np.float32)
    np.testing.assert_array_equal(layer(Tensor(x)).data[:1], layer(Tensor(x[:1])).data)
    assert (layer.mean == 0).all()


def test_the_averages_are_buffers_and_not_parameters():
    net = Sequential([Flatten(), BatchNorm(3), Sequential([BatchNorm(2)])])
    assert list(net.buffers()) == [
        "layers.1.mean",
        "layers.1.variance",
        "layers.2.layers.0.mean",
        "layers.2.layers.0.variance",
    ]
    assert not any("mean" in name for name in net.parameters())
    assert net.buffers()["layers.1.mean"] is net.layers[1].mean
    assert net.frozen().buffers()["layers.1.mean"] is net.layers[1].mean


def test_one_value_a_feature_is_refused_in_training():
    with pytest.raises(ValueError, match=r"no variance: got x of shape \(1, 3\)"):
        BatchNorm(3)(Tensor(np.zeros((1, 3))))


def test_dropout_drops_and_scales_anew_in_every_replay(rng):
    x = Tensor(np.ones((100, 50), np.float32), requires_grad=True)
    output = Dropout(0.25, rng)(x)
    program = Program(output)
    program.differentiate(output, weights=(np.ones_like(output.data),))
    seen = []
    for _ in range(3):
        program.forward()
        program.backward()
        assert set(np.unique(output.data)) == {np.float32(0), np.float32(1 / 0.75)}
        assert np.mean(output.data == 0) == pytest.approx(0.25, abs=0.03)
        np.testing.assert_array_equal(x.grad, output.data)
        seen.append(output.data.copy())
    assert (seen[0] != seen[1]).any()
    assert (seen[1] != seen[2]).any()


def test_replays_of_pools_and_batch_norm_allocate_nothing_large(rng):
    x = Tensor(rng.standard_normal((64, 16, 16, 8)).astype(np.float32), requires_grad=True)
    net = Sequential([MaxPool2d(2), BatchNorm(8), AveragePool2d(2), Flatten()])
    loss = net(x).square().sum()
    assert replay_peak(run_once(loss)) < x.data.nbytes / 4
