"""An emulated UR controller in a process of its own, which keeps time whatever this one does."""

import json
import subprocess
import sys
from typing import Any, Self

from hardware.server_process import ServerProcess


class EmulatedUrProcess(ServerProcess):
    """``with EmulatedUrProcess() as robot: UrDriver(model, robot.host)``.

    It ends with this process, also if this one is killed: it watches its standard input.
    """

    host: str

    def __init__(self, *options: str) -> None:
        """Prepare one with ``options`` of ``python -m hardware.emulation.ur.serve``."""
        self._command = [sys.executable, "-m", "hardware.emulation.ur.serve", *options]

    def __enter__(self) -> Self:
        """Start, and wait until it listens at ``host``. Raises ArmError; it says why on stderr."""
        self._start("the emulated UR controller", self._command, stdin=subprocess.PIPE)
        self.host = self.url
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._end()

    def happen(self, order: str) -> dict[str, Any]:
        """Let ``order`` happen to the robot and return the truth after it.

        See ``hardware.emulation.ur.serve.ORDERS`` for what can happen.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told
