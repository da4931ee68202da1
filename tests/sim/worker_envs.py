"""Parts of a pool for worker processes: three that fail, each in its way, one with images."""

import os
import signal
from collections.abc import Sequence
from typing import Any

import numpy as np


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


class PicturePart(CrashingPart):
    """Answers records whose parts tell the number of their environment."""

    def send(self, actions: Any) -> None:
        pass

    def recv(self) -> Any:
        n = len(self.indices)
        dtype = [("image", "u1", (4, 4, 1)), ("state", "f4", (3,))]
        records = np.zeros(n, dtype)
        records["image"] = np.reshape(self.indices, (n, 1, 1, 1))
        records["state"] = -np.reshape(self.indices, (n, 1))
        return records, [0.0] * n, [False] * n, [False] * n, records, []
