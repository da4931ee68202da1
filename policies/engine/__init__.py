"""Reverse-mode automatic differentiation over numpy arrays, eager or replayed in place."""

from policies.engine.module import Module
from policies.engine.program import Program
from policies.engine.tensor import Tensor

__all__ = ["Module", "Program", "Tensor"]
