"""An emulated UR controller in a process of its own, which keeps time whatever this one does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from robot.errors import ArmError

_ROOT = Path(__file__).parents[3]
_PATIENCE = 5.0  # [s]


class EmulatedUrProcess:
    """``with EmulatedUrProcess() as robot: UrDriver(model, robot.host)``.

    It ends with this process, also if this one is killed: it watches its standard input.
    """

    host: str

    def __init__(self, *options: str) -> None:
        """Prepare one with ``options`` of ``python -m hardware.emulation.ur.serve``."""
        self._command = [sys.executable, "-m", "hardware.emulation.ur.serve", *options]

    def __enter__(self) -> Self:
        """Start, and wait until it listens at ``host``. Raises ArmError; it says why on stderr."""
        self.process = subprocess.Popen(
            self._command,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # or Ctrl-C would end it before the server stops the arm
        )
        said = self._line()
        if not said.startswith("ready at "):
            self.__exit__()
            raise ArmError("the emulated UR controller did not start")
        self.host = said.split()[2]
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def happen(self, order: str) -> dict[str, Any]:
        """Let ``order`` happen to the robot and return the truth after it.

        See ``hardware.emulation.ur.serve.ORDERS`` for what can happen.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self._line())
        return told

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()
