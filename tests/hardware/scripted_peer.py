"""The other end of a pseudo-terminal, which answers as a test scripts it."""

import os
import threading
import time
import tty
from collections.abc import Callable, Sequence
from dataclasses import replace

from hardware.servos.boards import BOARDS

PATIENT = {name: replace(board, reply_s=0.25) for name, board in BOARDS.items()}
"""Boards that wait for the thread of a peer on a busy machine."""

Part = bytes | float  # bytes to write, or a pause [s]


def in_turn(*replies: str) -> Callable[[bytes], Sequence[Part]]:
    """Return a script that says each of ``replies``, in hex, once."""
    left = [bytes.fromhex(reply) for reply in replies]
    return lambda _: [left.pop(0)] if left else ()


class ScriptedPeer:
    """Answers every chunk heard with ``script(chunk)``. ``heard`` is all that came."""

    def __init__(self, script: Callable[[bytes], Sequence[Part]] = lambda _: ()) -> None:
        self.script = script
        self.heard = b""
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.device = os.ttyname(self._theirs)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "ScriptedPeer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._theirs)
        self._thread.join(timeout=2.0)
        os.close(self._ours)

    def say(self, data: bytes) -> None:
        """Write without being asked."""
        os.write(self._ours, data)

    def wait_for(self, size: int) -> bytes:
        """Return the first ``size`` bytes heard."""
        until = time.monotonic() + 20.0
        while len(self.heard) < size and time.monotonic() < until:
            time.sleep(0.001)
        return self.heard

    def _serve(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 4096)
            except OSError:  # no end is open any more
                return
            self.heard += data
            for part in self.script(data):
                if isinstance(part, bytes):
                    os.write(self._ours, part)
                else:
                    time.sleep(part)
