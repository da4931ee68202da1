import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.encoder import (
    Convolution,
    ImageEncoder,
    output_shape,
    parse_convolutions,
    write_pixels,
)
from policies.engine import Tensor
from policies.errors import PolicyError
from policies.sac import SACConfig

LAYERS = st.builds(Convolution, st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))


def encoder(size: int, text: str = "4k4s2 4k3s2", latent: int = 6) -> ImageEncoder:
    layers = parse_convolutions(text)
    return ImageEncoder((size, size, 1), layers, latent, np.random.default_rng(0))


@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_layers_are_read_as_they_are_written(layers):
    text = "  ".join(f"{layer.channels}k{layer.kernel}s{layer.stride}" for layer in layers)
    assert parse_convolutions(text) == layers


@pytest.mark.parametrize(
    "text",
    (
        "",
        "16",
        "16k4s",
        "16k4s2,32k3s1",
        "16k4s2 32",
        "0k4s2",
        "16k0s2",
        "16k4s0",
        "-1k4s2",
        "1.5k4s2",
    ),
)
def test_other_texts_are_refused_with_an_example(text):
    for read in (parse_convolutions, lambda text: SACConfig(encoder=text)):
        with pytest.raises(PolicyError, match=r"write each layer as .*: '16k4s2 32k3s1'"):
            read(text)


@given(st.tuples(*(st.integers(1, 14) for _ in range(2))), st.lists(LAYERS, min_size=1, max_size=3))
def test_the_shape_worked_out_is_the_shape_made_or_no_encoder_is(size, layers):
    image = (*size, 2)
    try:
        shape = output_shape(image, layers)
    except PolicyError:
        with pytest.raises(PolicyError, match="kernel"):
            ImageEncoder(image, layers, 5, np.random.default_rng(0))
        return
    made = ImageEncoder(image, layers, 5, np.random.default_rng(0))
    pixels = Tensor(np.zeros((3, *image), np.float32))
    assert made.maps(pixels).shape == (3, *shape)
    assert made(pixels).shape == (3, 5)


@pytest.mark.parametrize(("size", "layer", "left"), [(3, 1, 3), (7, 2, 2), (12, 3, 2)])
def test_a_picture_too_small_names_the_layer_and_what_reaches_it(size, layer, left):
    message = rf"layer {layer} has a kernel of [34], .* {size} x {size} px only {left} x {left}"
    with pytest.raises(PolicyError, match=message):
        encoder(size, "4k4s2 4k3s2 4k3s1")


@pytest.mark.parametrize("size", [16, 32, 64])
def test_features_lie_within_one_and_change_with_the_picture(size):
    pixels = np.full((2, size, size, 1), -0.5, np.float32)
    pixels[1, size // 4 : size // 2] = 0.5
    features = encoder(size, SACConfig().encoder if size > 16 else "4k4s2 4k3s2")(
        Tensor(pixels)
    ).data
    assert np.abs(features).max() < 1
    assert np.abs(features[0] - features[1]).max() > 0.1


def test_where_something_is_in_the_picture_matters():
    pixels = np.full((2, 16, 16, 1), -0.5, np.float32)
    pixels[0, :, 4:6] = pixels[1, :, 10:12] = 0.5
    features = encoder(16)(Tensor(pixels)).data
    assert np.abs(features[0] - features[1]).max() > 0.1


def test_bytes_become_numbers_about_zero():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    pixels = np.full(images.shape, np.nan, np.float32)
    write_pixels(images, pixels)
    np.testing.assert_allclose(pixels.ravel(), np.linspace(-0.5, 0.5, 256), atol=1e-7)
