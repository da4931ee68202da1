"""A server in a process of its own, that another program starts and ends."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hardware.errors import ServerGoneError

READY = "ready at "
"""How the line on stdout begins that tells that clients can connect; the address follows."""

_PATIENCE = 10.0  # [s] for the server to hold and leave


class ServerProcess:
    """What starts a server, waits until it serves, and ends it. ``url``: where clients connect."""

    process: subprocess.Popen[str]
    url: str

    def _start(self, what: str, command: Sequence[str], **popen: Any) -> None:
        """Run ``command`` and wait until clients can connect.

        Raises ServerGoneError naming ``what`` did not start; the server says why on stderr.
        """
        self.process = subprocess.Popen(
            command,
            cwd=Path(__file__).parent.parent,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # or Ctrl-C would end it before its client stops the arm
            **popen,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if not said.startswith(READY):
            status = self.process.wait(_PATIENCE)
            raise ServerGoneError(f"{what} did not start (exit status {status})")
        self.url = said.removeprefix(READY).split()[0]

    def _end(self) -> None:
        """Wait until it has left, as it was told to; kill it if it does not."""
        assert self.process.stdout is not None
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
