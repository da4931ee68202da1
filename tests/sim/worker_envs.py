"""Parts of a pool that fail in a worker process, each in its way."""

import os
import signal
from collections.abc import Sequence
from typing import Any


class UnmadePart:
    def __init__(self, indices: Sequence[int]) -> None:
        raise RuntimeError("no such arm")


class CrashingPart:
    def __init__(self, indices: Sequence[int]) -> None:
        self.indices = indices

    def send(self, actions: Any) -> None:
        if 2 in self.indices:
            _ = 1 / 0

    def recv(self) -> Any:
        n = len(self.indices)
        return [[0.0] * 3] * n, [0.0] * n, [False] * n, [False] * n, [[0.0] * 3] * n, []

    def close(self) -> None:
        pass


class DyingPart(CrashingPart):
    def send(self, actions: Any) -> None:
        if 2 in self.indices:
            os.kill(os.getpid(), signal.SIGKILL)
