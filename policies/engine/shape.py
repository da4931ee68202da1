"""Operations that move elements about: views, joins and gathers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from policies.engine.op import Array, Op

if TYPE_CHECKING:
    from policies.engine.tensor import Tensor


class Detach(Op):
    """The same data, through which no gradient flows."""

    is_view = True

    def __init__(self, x: Tensor) -> None:
        super().__init__((x,), x.data)


class Reshape(Op):
    """The same elements in another shape."""

    def __init__(self, x: Tensor, shape: tuple[int, ...]) -> None:
        self.x = x.data
        out = self.x.reshape(shape)
        self.is_view = np.may_share_memory(out, self.x)
        super().__init__((x,), out)

    def forward(self) -> None:
        if not self.is_view:
            np.copyto(self.out, self.x.reshape(self.out.shape))

    def backward(self, grad: Array, dx: Array) -> None:
        np.copyto(dx, grad.reshape(dx.shape))


class Transpose(Op):
    """The axes in another order."""

    is_view = True

    def __init__(self, x: Tensor, axes: tuple[int, ...]) -> None:
        self.inverse = tuple(int(i) for i in np.argsort(axes))
        super().__init__((x,), x.data.transpose(axes))

    def backward(self, grad: Array, dx: Array) -> None:
        np.copyto(dx, grad.transpose(self.inverse))


class Slice(Op):
    """A part, by integers, slices, ``...`` and ``None``."""

    is_view = True

    def __init__(self, x: Tensor, key: Any) -> None:
        self.key = key
        out = x.data[key] if isinstance(key, tuple) else x.data[key, ...]
        if not isinstance(out, np.ndarray) or not np.may_share_memory(out, x.data):
            raise TypeError(f"cannot slice by {key!r}: for index arrays use take() or gather()")
        super().__init__((x,), out)

    def backward(self, grad: Array, dx: Array) -> None:
        dx.fill(0)
        dx[self.key] = grad


class Concatenate(Op):
    """Arrays joined along an axis that exists."""

    def __init__(self, parts: tuple[Tensor, ...], axis: int = -1) -> None:
        out = np.concatenate([part.data for part in parts], axis)
        self.keys: list[tuple[slice, ...]] = []
        start = 0
        for part in parts:
            stop = start + part.data.shape[axis]
            self.keys.append((slice(None),) * (axis % out.ndim) + (slice(start, stop),))
            start = stop
        super().__init__(parts, out)

    def forward(self) -> None:
        for key, part in zip(self.keys, self.inputs, strict=True):
            self.out[key] = part.data

    def backward(self, grad: Array, *parts: Array | None) -> None:
        for key, part in zip(self.keys, parts, strict=True):
            if part is not None:
                part[...] = grad[key]


class Gather(Op):
    """One element for each index along an axis, as ``numpy.take_along_axis``.

    Picks the value of the chosen action, or the logit of the true class.
    """

    def __init__(self, x: Tensor, indices: Array, axis: int = -1) -> None:
        self.x, self.indices, self.axis = x.data, indices, axis
        super().__init__((x,), np.empty_like(self.x, shape=indices.shape))

    def forward(self) -> None:
        np.copyto(self.out, np.take_along_axis(self.x, self.indices, self.axis))

    def backward(self, grad: Array, dx: Array) -> None:
        dx.fill(0)
        places = [
            np.arange(n).reshape((n,) + (1,) * (dx.ndim - 1 - i)) for i, n in enumerate(grad.shape)
        ]
        places[self.axis] = self.indices
        np.add.at(dx, tuple(places), grad)


class Take(Op):
    """Whole rows by index, as ``x[indices]``; an embedding table is read so."""

    def __init__(self, x: Tensor, indices: Array) -> None:
        self.x, self.indices = x.data, indices
        shape = indices.shape + self.x.shape[1:]
        super().__init__((x,), np.empty_like(self.x, shape=shape))

    def forward(self) -> None:
        np.take(self.x, self.indices, axis=0, out=self.out, mode="clip")

    def backward(self, grad: Array, dx: Array) -> None:
        dx.fill(0)
        np.add.at(dx, self.indices, grad)
