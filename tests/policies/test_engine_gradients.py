import numpy as np
import pytest
from engine_cases import LAYER_CASES, NO_GRADIENT, OP_CASES, Case, concrete_subclasses

from policies.encoder import ImageEncoder
from policies.engine import Module, Tensor
from policies.engine.gradcheck import GradientError, check_gradients
from policies.engine.op import Op
from policies.engine.tensor import apply
from policies.engine.unary import Unary


def test_every_op_has_a_case():
    assert concrete_subclasses(Op) - NO_GRADIENT == {case.subject for case in OP_CASES}


BY_HAND = {ImageEncoder}
"""test_sac_pictures holds its gradient to one derived by hand."""


def test_every_layer_has_a_case():
    assert concrete_subclasses(Module) - BY_HAND == {case.subject for case in LAYER_CASES}


@pytest.mark.parametrize("case", [*OP_CASES, *LAYER_CASES], ids=str)
def test_gradient_equals_central_difference(case: Case):
    check_gradients(case.function, *case.inputs)


@pytest.mark.parametrize("case", [*OP_CASES, *LAYER_CASES], ids=str)
def test_gradient_accumulates_over_two_uses(case: Case):
    check_gradients(lambda *xs: case.function(*xs) + case.function(*xs) * 2.0, *case.inputs)


class _WrongTanh(Unary):
    def forward(self):
        np.tanh(self.x, self.out)

    def backward(self, grad, dx):
        np.multiply(grad, 1 - self.out, dx)


def test_gradcheck_notices_a_wrong_gradient():
    with pytest.raises(GradientError, match=r"input 0 at \[\d\]: gradient"):
        check_gradients(lambda x: apply(_WrongTanh(x)), np.array([0.3, -0.8]))


def test_gradcheck_notices_a_missing_gradient():
    with pytest.raises(GradientError):
        check_gradients(lambda x, y: x.detach() * y, np.array([0.3]), np.array([0.5]))


def test_gradcheck_notices_nan():
    with pytest.raises(GradientError):
        check_gradients(lambda x: x * float("nan"), np.array([0.3]))


def test_detached_tensor_stops_the_gradient_but_not_the_value():
    x = Tensor(np.array([2.0]), requires_grad=True)
    y = x.detach() * x
    y.sum().backward()
    assert y.item() == 4.0
    assert x.grad == 2.0  # 4.0 if the gradient leaked through
