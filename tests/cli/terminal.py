"""A verb in a real terminal, whose keys are pressed when it says something."""

import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

from verb_process import environment


class Terminal:
    """``with Terminal(folder, "teleop", …) as terminal: terminal.when("holding", b"q")``."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.outer, self._inner = pty.openpty()
        self.before = termios.tcgetattr(self._inner)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *args],
            cwd=folder, env=environment(), stdin=self._inner, stdout=self._inner,
            stderr=self._inner, start_new_session=True,
        )  # fmt: skip
        self.said = ""

    def when(self, said: str, press: bytes = b"", patience: float = 60.0) -> None:
        """Press once ``said`` was said since the last time."""
        limit = time.monotonic() + patience
        while said not in self.said:
            assert time.monotonic() < limit, self.said
            assert self.process.poll() is None, self.said
            self._listen()
        self.said = self.said.partition(said)[2]
        self.press(press)

    def press(self, keys: bytes) -> None:
        os.write(self.outer, keys)

    def hold(self, key: bytes, seconds: float) -> None:
        """Press ``key`` again and again, as a keyboard does for one that is held."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.press(key)
            self._listen(0.03)

    def end(self) -> tuple[int, str]:
        """Wait until it has left; return its exit code and what it said since the last time."""
        limit = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < limit, self.said
            self._listen()
        while self._listen():
            pass
        return self.process.returncode, self.said

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was before."""
        return termios.tcgetattr(self._inner) == self.before

    def _listen(self, patience: float = 0.1) -> bool:
        if not select.select([self.outer], [], [], patience)[0]:
            return False
        self.said += os.read(self.outer, 4096).decode(errors="replace")
        return True

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.outer)
        os.close(self._inner)
