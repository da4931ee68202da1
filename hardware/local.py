"""An emulated arm behind a real server in a process of its own, for demos, tests, benchmarks."""

import subprocess
import sys
from pathlib import Path
from typing import Self

from hardware.errors import ServerGoneError
from hardware.keys import KeyStore
from hardware.serve import READY, main

_PATIENCE = 10.0  # [s] for the server to hold and leave


class EmulatedServerProcess:
    """``with EmulatedServerProcess(keys=store) as server: RemoteArm(server.url, keys=store)``.

    The process ends with this one, also if this one is killed: it watches its standard input.
    """

    def __init__(
        self,
        arm: str = "dofbot",
        *,
        port: int = 0,
        keys: KeyStore | None = None,
        options: tuple[str, ...] = (),
        module: str = "hardware.local",
    ) -> None:
        """Prepare a server for ``arm``, with ``keys`` or without any.

        options: further ones of ``python -m hardware.serve``. module: what to run instead of this.
        """
        secrecy = ["--keys", str(keys.folder)] if keys else ["--insecure-loopback"]
        self._command = [sys.executable, "-m", module, "--arm", arm]
        self._command += ["--port", str(port), "--quiet", "--no-park"]
        self._command += [*secrecy, *options]

    def __enter__(self) -> Self:
        """Start, and wait until clients can connect.

        Raises ServerGoneError if it does not come to that; the server says why on stderr.
        """
        self.process = subprocess.Popen(
            self._command,
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # or Ctrl-C would end it before its client stops the arm
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith(READY):
            status = self.process.wait(_PATIENCE)
            raise ServerGoneError(f"the emulated server did not start (exit status {status})")
        self.url = line.removeprefix(READY).split()[0]
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


if __name__ == "__main__":
    sys.exit(main(until_stdin_closes=True))
