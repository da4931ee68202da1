import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from replay_memory import replay_peak, run_once

from policies.engine import Program, Tensor
from policies.engine.functional import concatenate, maximum
from policies.engine.gradcheck import check_gradients
from policies.engine.program import topological_order


def leaf(*values: float) -> Tensor:
    return Tensor(np.array(values), requires_grad=True)


@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_any_broadcast_has_the_right_gradient(shapes):
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(0.5, 2.0, shape) for shape in shapes.input_shapes)
    check_gradients(lambda a, b: a * b - a / b + (a + b) * 0.5, x, y)


OPERATIONS = [
    lambda x, y: x + y,
    lambda x, y: x * y,
    lambda x, y: x - y.tanh(),
    lambda x, y: maximum(x, y * 0.7),
    lambda x, y: concatenate((x, y))[:, 1:4],
    lambda x, y: (x @ y.transpose())[:, :3].tanh(),
    lambda x, y: x.sigmoid() + y.sum(axis=1, keepdims=True) * 0.1,
]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=7,
    )
)
def test_any_graph_that_shares_tensors_has_the_right_gradient(steps):
    def function(*inputs: Tensor) -> Tensor:
        made = list(inputs)
        for operation, i, j in steps:
            made.append(operation(made[i % len(made)], made[j % len(made)]))
        return made[-1] + made[len(made) // 2]

    rng = np.random.default_rng(1)
    check_gradients(function, *rng.uniform(-1, 1, (2, 3, 3)), tolerance=1e-5)


def test_a_replay_allocates_no_array_of_the_size_of_a_layer():
    rng = np.random.default_rng(0)
    x = Tensor(rng.standard_normal((256, 64), np.float32))
    weight = Tensor(rng.standard_normal((64, 64), np.float32), requires_grad=True)
    loss = (x @ weight + 1.0).tanh().square().mean()
    assert replay_peak(run_once(loss)) < x.data.nbytes / 4


def test_a_program_after_another_leaves_its_ops_out():
    x = leaf(2.0)
    first = x.square()
    second = first * 3.0
    before = Program(first)
    after = Program(second, after=before)
    x.data[:] = 5.0
    after.forward()
    assert second.item() == 12.0  # 4 * 3: the square was not brought up to date
    before.forward()
    after.forward()
    assert second.item() == 75.0


def test_ops_that_no_output_needs_are_left_out():
    x = leaf(2.0)
    kept = x * 2.0
    _ = kept.exp()
    assert len(topological_order([kept])) == 1


def test_backward_overwrites_the_gradient_of_an_earlier_one():
    x = leaf(1.0, 2.0)
    for _ in range(2):
        x.square().sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


def test_weighted_outputs_give_the_gradient_of_their_weighted_sum():
    x = leaf(1.0, 2.0)
    weight = np.array([1.0, 1.0])
    y = x.square()
    program = Program(y)
    program.differentiate(y, weights=(weight,))
    weight[:] = 3.0, -1.0
    program.backward()
    np.testing.assert_array_equal(x.grad, [6.0, -4.0])
    np.testing.assert_array_equal(weight, [3.0, -1.0])


def test_two_weighted_outputs_that_share_their_source_add_up():
    x = leaf(1.0, 2.0)
    hidden = x * 2.0
    outputs = hidden.square(), hidden
    program = Program(*outputs)
    program.differentiate(*outputs, weights=(np.ones(2), np.array([1.0, 10.0])))
    program.backward()
    np.testing.assert_array_equal(x.grad, [10.0, 36.0])


def test_gradient_does_not_reach_what_does_not_require_it():
    x, constant = leaf(1.0), Tensor(np.array([2.0]))
    (x * constant).sum().backward()
    assert constant.grad is None


def test_a_vector_has_no_gradient():
    with pytest.raises(ValueError, match=r"only a scalar has a gradient .* \(2,\)"):
        leaf(1.0, 2.0).square().backward()


def test_a_constant_has_no_gradient():
    with pytest.raises(ValueError, match="requires a gradient"):
        Tensor(np.array(1.0)).square().backward()


def test_slicing_by_an_index_array_names_the_mend():
    with pytest.raises(TypeError, match=r"use take\(\) or gather\(\)"):
        leaf(1.0, 2.0)[np.array([0, 1])]


def test_reflected_operators_agree_with_numpy():
    x = leaf(2.0, 4.0)
    array = np.array([1.0, 3.0])
    np.testing.assert_array_equal((array - x).data, array - x.data)
    np.testing.assert_array_equal((array / x).data, array / x.data)
    np.testing.assert_array_equal((1 - x).data, 1 - x.data)
    np.testing.assert_array_equal((array * x).data, array * x.data)


def test_a_long_chain_needs_no_recursion():
    x = y = leaf(1.0)
    for _ in range(5000):
        y = y * 1.0001
    y.sum().backward()
    assert x.grad == pytest.approx(1.0001**5000)
