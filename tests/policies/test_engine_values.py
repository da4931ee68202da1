import numpy as np
import pytest
from engine_references import Case
from layer_cases import LAYER_CASES
from op_cases import OP_CASES

from policies.engine import Program, Tensor


@pytest.mark.parametrize("case", [*OP_CASES, *LAYER_CASES], ids=str)
def test_forward_equals_independent_reference(case: Case):
    result = case.function(*(Tensor(x) for x in case.inputs)).data
    expected = np.asarray(case.reference(*case.inputs))
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", [*OP_CASES, *LAYER_CASES], ids=str)
def test_float32_stays_float32_and_agrees(case: Case):
    inputs = [x.astype(np.float32) for x in case.inputs]
    result = case.function(*(Tensor(x) for x in inputs)).data
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, case.reference(*inputs), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    "case", [c for c in (*OP_CASES, *LAYER_CASES) if "Drop" not in str(c)], ids=str
)
def test_replay_on_new_inputs_equals_a_new_graph(case: Case):
    tensors = [Tensor(np.ones_like(x), requires_grad=True) for x in case.inputs]
    output = case.function(*tensors)
    loss = output.square().sum()
    program = Program(loss)
    program.differentiate(loss)
    for tensor, x in zip(tensors, case.inputs, strict=True):
        np.copyto(tensor.data, x)
    for _ in range(2):
        program.forward()
        program.backward()
    fresh = [Tensor(x, requires_grad=True) for x in case.inputs]
    expected = case.function(*fresh)
    expected.square().sum().backward()
    np.testing.assert_array_equal(output.data, expected.data)
    for tensor, other in zip(tensors, fresh, strict=True):
        np.testing.assert_array_equal(tensor.grad, other.grad)
