"""Things that hold parameters: naming them, freezing them, drawing them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np

from policies.engine.op import Array
from policies.engine.shared import Place
from policies.engine.tensor import Tensor


class Module:
    """A function of tensors with parameters: every Tensor and Module among its attributes.

    Lists and tuples of modules are looked into as well. Attributes that are arrays are buffers.
    """

    def parameters(self) -> dict[str, Tensor]:
        """Return every parameter by its dotted name, in the order of definition."""
        found: dict[str, Tensor] = {}
        for name, value in _members(self):
            if isinstance(value, Tensor):
                found[name] = value
            else:
                found.update({f"{name}.{k}": v for k, v in value.parameters().items()})
        return found

    def buffers(self) -> dict[str, Array]:
        """Return every array that is no parameter but belongs to the state, by dotted name.

        They are saved with the parameters, and no optimiser sees them.
        """
        found = {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        for name, value in _members(self):
            if isinstance(value, Module):
                found.update({f"{name}.{k}": v for k, v in value.buffers().items()})
        return found

    def place_buffers(self, place: Place) -> None:
        """Put every buffer where ``place`` says, before any graph is built on it."""
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(self, name, place(value))
        for _, value in _members(self):
            if isinstance(value, Module):
                value.place_buffers(place)

    def frozen(self) -> Self:
        """Return the same module with the same parameters, through which no gradient goes.

        The gradient still goes to what the module is applied to.
        """
        twin = copy.copy(self)
        for name, value in vars(self).items():
            setattr(twin, name, _frozen(value))
        return twin


def _members(module: Module) -> Iterator[tuple[str, Tensor | Module]]:
    for name, value in vars(module).items():
        if isinstance(value, Tensor | Module):
            yield name, value
        elif isinstance(value, list | tuple):
            for i, item in enumerate(value):
                if isinstance(item, Module):
                    yield f"{name}.{i}", item


def _frozen(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, Module):
        return value.frozen()
    if isinstance(value, Sequence) and any(isinstance(item, Module) for item in value):
        return [_frozen(item) for item in value]
    return value
