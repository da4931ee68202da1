import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.augment import random_shift


def crops(image: np.ndarray, pad: int) -> list[np.ndarray]:
    """Return every crop of the image padded by replication."""
    h, w = image.shape[:2]
    padded = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    places = range(2 * pad + 1)
    return [padded[i : i + h, j : j + w] for i in places for j in places]


@given(
    shape=st.tuples(*(st.integers(1, 6) for _ in range(3)), st.integers(1, 3)),
    pad=st.integers(0, 3),
    dtype=st.sampled_from([np.uint8, np.float32]),
    seed=st.integers(0, 99),
)
def test_every_image_becomes_one_of_its_own_crops(shape, pad, dtype, seed):
    images = np.random.default_rng(0).integers(0, 255, shape).astype(dtype)
    out = np.empty_like(images)
    random_shift(images, pad, np.random.default_rng(seed), out)
    for image, shifted in zip(images, out, strict=True):
        assert any(np.array_equal(shifted, crop) for crop in crops(image, pad))


def test_all_shifts_are_drawn_equally_often_and_apart_for_each_image():
    image = np.arange(25, dtype=np.uint8).reshape(5, 5, 1)
    images = np.repeat(image[None], 9000, axis=0)
    out = np.empty_like(images)
    random_shift(images, 1, np.random.default_rng(0), out)
    counts = np.bincount(out[:, 2, 2, 0], minlength=25)  # which pixel is at the middle now
    expected = np.zeros(25)
    expected[[6, 7, 8, 11, 12, 13, 16, 17, 18]] = 1000
    np.testing.assert_allclose(counts, expected, atol=130)


def test_the_same_generator_gives_the_same_shifts():
    images = np.random.default_rng(0).random((20, 8, 8, 1), np.float32)
    first, second = np.empty_like(images), np.empty_like(images)
    random_shift(images, 2, np.random.default_rng(3), first)
    random_shift(images, 2, np.random.default_rng(3), second)
    np.testing.assert_array_equal(first, second)


def test_an_out_of_another_kind_is_refused():
    images = np.zeros((2, 4, 4, 1), np.uint8)
    others = np.zeros((2, 4, 4, 1), np.float32), np.zeros((4, 4, 4, 1), np.uint8)[::2]
    for other in others:
        with pytest.raises(ValueError, match=r"must be contiguous and like the images: uint8"):
            random_shift(images, 1, np.random.default_rng(0), other)
