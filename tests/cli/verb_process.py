import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]

Twinarm = Callable[..., subprocess.CompletedProcess[str]]
"""Runs a verb in a process of its own and returns how it ended."""


def environment() -> dict[str, str]:
    here = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    here.pop("DISPLAY", None)
    return here


class Interrupted:
    """A verb that gets Ctrl-C once ``ready`` says so."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *args],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, ready: Callable[[], bool], patience: float = 60) -> None:
        limit = time.monotonic() + patience
        while not ready():
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < limit, "it never got that far"
            time.sleep(0.05)

    def when(self, ready: Callable[[], bool], patience: float = 60) -> tuple[int, str]:
        self.until(ready, patience)
        self.process.send_signal(signal.SIGINT)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, output
