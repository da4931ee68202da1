import importlib
import pkgutil

import numpy as np
import pytest
from engine_references import Case
from layer_cases import LAYER_CASES
from op_cases import NO_GRADIENT, OP_CASES

import policies.engine
from policies.cloning_step import ClonedActor
from policies.engine import Module, Tensor
from policies.engine.gradcheck import GradientError, check_gradients
from policies.engine.op import Op
from policies.engine.tensor import apply
from policies.engine.unary import Unary

MADE_OF_LAYERS = {ClonedActor}
"""Modules that only hold others, which have cases, and are not called themselves."""


def concrete_subclasses(base: type) -> set[type]:
    """Return every subclass defined in our packages that is not itself a base."""
    for module in pkgutil.iter_modules(policies.engine.__path__, "policies.engine."):
        importlib.import_module(module.name)
    found: set[type] = set()
    stack = [base]
    while stack:
        children = stack.pop().__subclasses__()
        found.update(c for c in children if not c.__subclasses__())
        stack.extend(children)
    return {c for c in found if c.__module__.startswith("policies.")}


def test_every_op_has_a_case():
    assert concrete_subclasses(Op) - NO_GRADIENT == {case.subject for case in OP_CASES}


def test_every_layer_has_a_case():
    cases = {case.subject for case in LAYER_CASES}
    assert concrete_subclasses(Module) - MADE_OF_LAYERS == cases


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
