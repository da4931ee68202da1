import math

import numpy as np
import pytest

from policies.engine import Tensor
from policies.engine.optim import CHUNK, Adam, ParameterVector, Polyak, clip_by_norm


def vector_of(values: np.ndarray, **kwargs) -> ParameterVector:
    return ParameterVector({"x": Tensor(values.copy(), requires_grad=True)}, **kwargs)


def adam_by_the_paper(x: float, gradients: list[float], rate: float, epsilon: float) -> float:
    """Follow algorithm 1 of Kingma and Ba 2015, one number at a time."""
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        x -= rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + epsilon)
    return x


@pytest.mark.parametrize("epsilon", [1e-8, 1e-1])
def test_adam_follows_the_paper(epsilon):
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal(7), rng.standard_normal((30, 7))
    vector = vector_of(start)
    adam = Adam(vector, 0.01, epsilon=epsilon)
    for gradient in gradients:
        vector.gradients[0][:] = gradient
        adam.step()
    expected = [
        adam_by_the_paper(x, list(g), 0.01, epsilon)
        for x, g in zip(start, gradients.T, strict=True)
    ]
    np.testing.assert_allclose(vector.values, expected, rtol=1e-12)


def test_the_first_step_of_adam_is_the_learning_rate_against_the_gradient():
    vector = vector_of(np.zeros(3))
    vector.gradients[0][:] = 5.0, -0.01, 0.0
    Adam(vector, 0.1).step()
    np.testing.assert_allclose(vector.values, [-0.1, 0.1, 0.0], rtol=1e-5)


def test_adam_agrees_with_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal(50), rng.standard_normal((100, 50))
    vector = vector_of(start)
    adam = Adam(vector, 3e-3, betas=(0.8, 0.99), epsilon=1e-3)
    theirs = torch.nn.Parameter(torch.tensor(start))
    optimizer = torch.optim.Adam([theirs], lr=3e-3, betas=(0.8, 0.99), eps=1e-3)
    for gradient in gradients:
        vector.gradients[0][:] = gradient
        adam.step()
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
    np.testing.assert_allclose(vector.values, theirs.detach().numpy(), rtol=1e-10)


def test_parts_of_a_vector_longer_than_a_chunk_make_the_same_step_as_the_whole():
    rng = np.random.default_rng(0)
    start = rng.standard_normal(2 * CHUNK + 77).astype(np.float32)
    gradient = rng.standard_normal(start.size).astype(np.float32)
    whole = vector_of(start)
    whole.gradients[0][:] = gradient
    Adam(whole, 0.01).step()
    parts = [vector_of(start, rank=rank, size=2) for rank in range(2)]
    for part in parts:
        part.gradients[0][:] = gradient / 4
        part.gradients[1][:] = gradient * 3 / 4
        Adam(part, 0.01).step()
    middle = start.size // 2
    joined = np.concatenate([parts[0].values[:middle], parts[1].values[middle:]])
    np.testing.assert_allclose(joined, whole.values, rtol=1e-6)
    np.testing.assert_array_equal(parts[0].values[middle:], start[middle:])


def test_parameters_become_views_of_the_vector_in_order():
    named = {
        "a": Tensor(np.arange(4.0).reshape(2, 2), requires_grad=True),
        "b": Tensor(np.array([9.0]), requires_grad=True),
    }
    vector = ParameterVector(named)
    np.testing.assert_array_equal(vector.values, [0, 1, 2, 3, 9])
    vector.values[3] = 7.0
    assert named["a"].data[1, 1] == 7.0
    (named["a"].sum() * named["b"]).sum().backward()
    np.testing.assert_array_equal(vector.gradients[0], [9, 9, 9, 9, 10])


def test_polyak_moves_the_target_by_its_rate_of_the_way():
    source, target = vector_of(np.array([1.0, -2.0])), vector_of(np.array([0.0, 2.0]))
    Polyak(source, target, 0.25).update()
    np.testing.assert_array_equal(target.values, [0.25, 1.0])
    np.testing.assert_array_equal(source.values, [1.0, -2.0])


def test_clipping_keeps_the_direction_and_leaves_short_gradients_alone():
    gradient = np.array([3.0, 4.0])
    assert clip_by_norm(gradient, 10.0) == 5.0
    np.testing.assert_array_equal(gradient, [3.0, 4.0])
    assert clip_by_norm(gradient, 1.0) == 5.0
    np.testing.assert_allclose(gradient, [0.6, 0.8])
