"""An emulated arm behind a real server in a process of its own, for demos, tests, benchmarks."""

import subprocess
import sys
from typing import Self

from hardware.keys import KeyStore
from hardware.serve import main
from hardware.server_process import ServerProcess


class EmulatedServerProcess(ServerProcess):
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
        self._start("the emulated server", self._command, stdin=subprocess.PIPE)
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._end()


if __name__ == "__main__":
    sys.exit(main(until_stdin_closes=True))
