from dataclasses import dataclass

import numpy as np
import pytest
from conv_reference import conv2d_gradients, conv2d_reference
from hypothesis import given
from hypothesis import strategies as st
from replay_memory import replay_peak, run_once

from policies.engine import Tensor, conv
from policies.engine.columns import Columns
from policies.engine.conv_layers import Conv2d
from policies.engine.functional import conv2d
from policies.engine.gradcheck import check_gradients
from policies.engine.tiles import Tiles
from policies.engine.windows import WindowError


@dataclass(frozen=True)
class Geometry:
    samples: int
    height: int
    width: int
    channels_in: int
    channels_out: int
    kernel: int
    stride: int
    padding: int

    def draw(self, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.samples, self.height, self.width, self.channels_in))
        weight = rng.standard_normal(
            (self.kernel, self.kernel, self.channels_in, self.channels_out)
        )
        bias = rng.standard_normal(self.channels_out)
        return x.astype(dtype), weight.astype(dtype), bias.astype(dtype)


@st.composite
def geometries(draw, largest: int = 9) -> Geometry:
    kernel, padding = draw(st.integers(1, 5)), draw(st.integers(0, 3))
    least = max(1, kernel - 2 * padding)
    size = st.integers(least, max(least, largest))
    channels = st.integers(1, 3)
    return Geometry(
        samples=draw(st.integers(1, 4)),
        height=draw(size),
        width=draw(size),
        channels_in=draw(channels),
        channels_out=draw(channels),
        kernel=kernel,
        stride=draw(st.integers(1, 5)),
        padding=padding,
    )


NETS = [
    Geometry(256, 15, 15, 32, 64, 4, 2, 0),
    Geometry(40, 64, 64, 1, 32, 8, 4, 0),
    Geometry(40, 6, 6, 64, 64, 3, 1, 0),
    Geometry(50, 13, 12, 32, 40, 4, 2, 1),
    Geometry(50, 32, 32, 1, 16, 4, 2, 1),
    Geometry(50, 16, 16, 3, 8, 3, 2, 1),
    Geometry(50, 16, 16, 4, 8, 2, 3, 0),
]


def run(
    geometry: Geometry, *arrays: np.ndarray, activation: str = "identity"
) -> tuple[np.ndarray, tuple[np.ndarray, ...], np.ndarray]:
    """Return output and gradients of a convolution, and the output gradient they are for."""
    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    output = conv2d(*tensors, geometry.stride, geometry.padding, activation)
    grad = np.random.default_rng(1).standard_normal(output.shape).astype(output.data.dtype)
    (output * Tensor(grad)).sum().backward()
    return output.data, tuple(tensor.grad for tensor in tensors), grad


@st.composite
def two_tap_geometries(draw) -> Geometry:
    stride, padding = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    size = st.integers(2 * stride, 9)
    return Geometry(
        draw(st.integers(1, 4)), draw(size), draw(size), 2, 3, 2 * stride, stride, padding
    )


@given(geometry=two_tap_geometries())
def test_tiles_equal_the_definition_forward_and_backward(geometry: Geometry):
    x, weight, bias = geometry.draw()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv, "LEAST_FOR_TILES", (1, 1))
        patch.setattr(conv, "BLOCK_BYTES", 50_000)
        output, gradients, grad = run(geometry, x, weight, bias)
    way = geometry.stride, geometry.padding
    np.testing.assert_allclose(output, conv2d_reference(x, weight, bias, *way), atol=1e-12)
    expected = conv2d_gradients(x, weight, grad, *way)
    for actual, reference in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(actual, reference, atol=1e-11)


@given(geometry=geometries())
def test_any_geometry_equals_the_definition_forward_and_backward(geometry: Geometry):
    x, weight, bias = geometry.draw()
    output, gradients, grad = run(geometry, x, weight, bias)
    way = geometry.stride, geometry.padding
    np.testing.assert_allclose(output, conv2d_reference(x, weight, bias, *way), atol=1e-12)
    expected = conv2d_gradients(x, weight, grad, *way)
    for actual, reference in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(actual, reference, atol=1e-11)


@given(geometry=geometries(largest=5), activation=st.sampled_from(["identity", "relu"]))
def test_any_geometry_has_the_gradient_of_central_differences(geometry: Geometry, activation: str):
    check_gradients(
        lambda *xs: conv2d(*xs, geometry.stride, geometry.padding, activation), *geometry.draw()
    )


@pytest.mark.parametrize("geometry", NETS, ids=str)
def test_the_shapes_of_nets_agree_in_float32_over_several_blocks(geometry: Geometry):
    x, weight, bias = geometry.draw(np.float32)
    output, gradients, grad = run(geometry, x, weight, bias)
    way = geometry.stride, geometry.padding
    expected = conv2d_reference(x, weight, bias, *way)
    np.testing.assert_allclose(output, expected, atol=1e-5 * np.abs(expected).max())
    references = conv2d_gradients(*(a.astype(np.float64) for a in (x, weight, grad)), *way)
    for actual, reference in zip(gradients, references, strict=True):
        assert actual.dtype == np.float32
        np.testing.assert_allclose(actual, reference, atol=1e-5 * np.abs(reference).max())


@pytest.mark.parametrize("geometry", NETS, ids=str)
def test_torch_agrees(geometry: Geometry):
    torch = pytest.importorskip("torch")
    x, weight, bias = geometry.draw()
    output, gradients, grad = run(geometry, x, weight, bias, activation="relu")
    theirs = [
        torch.tensor(array, requires_grad=True)
        for array in (x.transpose(0, 3, 1, 2), weight.transpose(3, 2, 0, 1), bias)
    ]
    way = {"stride": geometry.stride, "padding": geometry.padding}
    expected = torch.nn.functional.conv2d(*theirs, **way).relu()
    expected.backward(torch.tensor(grad.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(output, expected.detach().numpy().transpose(0, 2, 3, 1), atol=1e-9)
    dx, d_weight, d_bias = (tensor.grad.numpy() for tensor in theirs)
    np.testing.assert_allclose(gradients[0], dx.transpose(0, 2, 3, 1), atol=1e-9)
    np.testing.assert_allclose(gradients[1], d_weight.transpose(2, 3, 1, 0), atol=1e-9)
    np.testing.assert_allclose(gradients[2], d_bias, atol=1e-9)


def test_a_replay_gives_what_eager_gives_and_allocates_nothing_large():
    geometry = NETS[0]
    x, weight, bias = geometry.draw(np.float32)
    tensors = [Tensor(np.ones_like(array), True) for array in (x, weight, bias)]
    output = conv2d(*tensors, geometry.stride, geometry.padding, "relu")
    loss = output.square().sum()
    program = run_once(loss)
    for tensor, array in zip(tensors, (x, weight, bias), strict=True):
        np.copyto(tensor.data, array)
    assert replay_peak(program) < x.nbytes / 16
    fresh = [Tensor(array, True) for array in (x, weight, bias)]
    again = conv2d(*fresh, geometry.stride, geometry.padding, "relu")
    again.square().sum().backward()
    np.testing.assert_array_equal(output.data, again.data)
    for tensor, other in zip(tensors, fresh, strict=True):
        np.testing.assert_array_equal(tensor.grad, other.grad)


def test_the_result_does_not_depend_on_the_block(monkeypatch):
    geometry = Geometry(7, 9, 8, 3, 4, 4, 2, 1)
    whole = run(geometry, *geometry.draw())
    monkeypatch.setattr(conv, "BLOCK_BYTES", 3 * 4 * 4 * 48 * 8)
    blocked = run(geometry, *geometry.draw())
    np.testing.assert_allclose(whole[0], blocked[0], atol=1e-12)
    for one, other in zip(whole[1], blocked[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-11)


def test_only_deep_convolutions_of_two_taps_go_by_tiles():
    def way(height: int, channels_in: int, channels_out: int, kernel: int, stride: int) -> type:
        geometry = Geometry(2, height, height, channels_in, channels_out, kernel, stride, 0)
        return type(conv2d(*map(Tensor, geometry.draw()), stride).op.way)

    assert way(15, 32, 64, 4, 2) is Tiles
    assert way(64, 1, 32, 8, 4) is Columns
    assert way(6, 64, 64, 3, 1) is Columns
    assert way(15, 32, 16, 4, 2) is Columns


def test_images_that_are_a_transposed_view_are_read_right():
    geometry = Geometry(2, 7, 6, 3, 4, 3, 2, 0)
    x, weight, bias = geometry.draw()
    view = Tensor(np.ascontiguousarray(x.transpose(0, 3, 1, 2))).transpose(0, 2, 3, 1)
    output = conv2d(view, Tensor(weight), Tensor(bias), 2)
    np.testing.assert_allclose(output.data, conv2d_reference(x, weight, bias, 2), atol=1e-12)


def test_a_layer_starts_with_the_scale_of_its_fan_in_and_no_bias():
    layer = Conv2d(16, 64, 4, np.random.default_rng(0), stride=2)
    assert layer.weight.shape == (4, 4, 16, 64)
    assert layer.weight.data.var() == pytest.approx(1 / (3 * 16 * 4 * 4), rel=0.05)
    assert (layer.bias.data == 0).all()


def test_what_does_not_fit_is_refused_with_the_mend():
    rng = np.random.default_rng(0)
    images = Tensor(np.zeros((2, 3, 8, 1), np.float32))
    with pytest.raises(WindowError, match=r"a kernel of 4 does not fit 3 pixels.*smaller kernel"):
        Conv2d(1, 2, 4, rng)(images)
    with pytest.raises(WindowError, match=r"it must be \[k, k, 1, 2\]"):
        Conv2d(3, 2, 2, rng)(images)
    with pytest.raises(WindowError, match=r"stride must be at least 1.*stride 0"):
        Conv2d(1, 2, 2, rng, stride=0)(images)
    with pytest.raises(WindowError, match=r"takes x \[n, h, w, c\]"):
        Conv2d(1, 2, 2, rng)(Tensor(np.zeros((2, 3), np.float32)))
    with pytest.raises(ValueError, match="unknown activation 'tanh': use 'identity' or 'relu'"):
        Conv2d(1, 2, 2, rng, activation="tanh")(images)
