"""One convolution forward and backward: ours, torch's, and the bare matrix products in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import Contender, Step, interleave
from policies.engine import Program, Tensor
from policies.engine.conv_layers import Conv2d
from policies.engine.shared import Place
from policies.engine.team import Team

NAME = "conv"

BATCH, SIZE, CHANNELS_IN, CHANNELS_OUT, KERNEL, STRIDE = 256, 15, 32, 64, 4, 2
WINDOWS = ((SIZE - KERNEL) // STRIDE + 1) ** 2


def run(threads: int = 2, rounds: int = 10, steps: int = 10) -> dict[str, float | int | str | None]:
    """Measure medians over interleaved rounds, every side on the same number of threads.

    All compute the output and the gradients of images, weight and bias. Ours runs as in a
    learner: each process takes its samples, and the gradients of the weights are added up.
    The peer is the faster of torch's two memory formats. The floor is the three products.
    """
    contenders = {
        "ours": Contender(partial(Team(threads, Share).step, _nothing), 1),
        "floor": Contender(_products(), threads),
    }
    peers, missing = _peers(threads)
    contenders |= {name: Contender(step, threads) for name, step in peers.items()}
    times = interleave(contenders, rounds, steps)
    peer = min((times[name] for name in peers), default=None)
    figures: dict[str, float | int | str | None] = {
        "ours_ms": times["ours"],
        "peer_ms": peer,
        "floor_ms": times["floor"],
        "speedup_vs_peer": peer / times["ours"] if peer else None,
        "time_vs_peer": times["ours"] / peer if peer else None,
        "ratio_to_floor": times["ours"] / times["floor"],
        "threads": threads,
    }
    figures |= {f"{name}_ms": times[name] for name in peers}
    return figures | ({"missing": missing} if missing else {})


def _images(samples: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((samples, SIZE, SIZE, CHANNELS_IN), np.float32)


class Share:
    """The convolution over one process's share of the samples."""

    def __init__(self, place: Place, rank: int, size: int, meet: Step) -> None:
        layer = Conv2d(CHANNELS_IN, CHANNELS_OUT, KERNEL, np.random.default_rng(0), stride=STRIDE)
        output = layer(Tensor(_images(BATCH // size), requires_grad=True))
        parameters = layer.parameters().values()
        self._parts = [place(np.zeros((size, *tensor.shape), np.float32)) for tensor in parameters]
        for tensor, parts in zip(parameters, self._parts, strict=True):
            tensor.grad = parts[rank]
        self._sums = [np.empty_like(parts[0]) for parts in self._parts]
        self._program = Program(output)
        self._program.differentiate(output, weights=(np.ones_like(output.data),))
        self._rank, self._meet = rank, meet

    def __call__(self) -> None:
        """Run forward and backward; the first process adds up what all have found."""
        self._program.forward()
        self._program.backward()
        self._meet()
        if self._rank == 0:
            for parts, total in zip(self._parts, self._sums, strict=True):
                np.add.reduce(parts, axis=0, out=total)


def _nothing() -> None:
    pass


def _products() -> Step:
    rng = np.random.default_rng(1)
    length = KERNEL * KERNEL * CHANNELS_IN

    def draw(*shape: int) -> NDArray[np.float32]:
        return rng.standard_normal(shape, np.float32)

    columns, weight = draw(BATCH * WINDOWS, length), draw(length, CHANNELS_OUT)
    out, d_weight = draw(BATCH * WINDOWS, CHANNELS_OUT), np.empty_like(weight)
    d_columns = np.empty_like(columns)

    def step() -> None:
        np.matmul(columns, weight, out)
        np.matmul(columns.T, out, d_weight)
        np.matmul(out, weight.T, d_columns)

    return step


def _peers(threads: int) -> tuple[dict[str, Callable[[], object]], str]:
    try:
        import torch
    except ImportError as error:
        return {}, f"{error.name} is not installed: pip install 'twinarm[bench]'"
    torch.set_num_threads(threads)

    def make(memory_format: torch.memory_format) -> Step:
        layer = torch.nn.Conv2d(CHANNELS_IN, CHANNELS_OUT, KERNEL, STRIDE)
        layer = layer.to(memory_format=memory_format)
        images = torch.from_numpy(_images(BATCH).transpose(0, 3, 1, 2))
        images = images.contiguous(memory_format=memory_format).requires_grad_()
        weights = torch.ones_like(layer(images))

        def step() -> None:
            images.grad = layer.weight.grad = layer.bias.grad = None
            layer(images).backward(weights)

        return step

    return {
        "peer_channels_first": make(torch.contiguous_format),
        "peer_channels_last": make(torch.channels_last),
    }, ""
