"""A serial port without a wire: a pseudo-terminal behind which something answers bytes."""

import contextlib
import os
import select
import termios
import threading
import time
import tty
from collections.abc import Callable

_BITS = 10
"""Of a byte on the line, with start and stop bit."""
_OUTPUT_SPEED = 5
"""Its index in the attributes of a terminal."""


class EmulatedPort:
    """A pseudo-terminal whose bytes take as long as on a line of ``baud`` and are lost at another.

    baud: 0 for bytes that take no time, whatever the host has set.
    answer: from bytes received to bytes to reply, called in the port's own thread.
    delay_s: between them [s].
    """

    def __init__(
        self, answer: Callable[[bytes], bytes], baud: int = 115_200, delay_s: float = 0.0
    ) -> None:
        """Open the terminal and begin to answer."""
        self._answer, self._delay_s = answer, delay_s
        self._byte_s = _BITS / baud if baud else 0.0
        self._pace = getattr(termios, f"B{baud}") if baud else None
        self._ours, self._theirs = os.openpty()  # keeping theirs open, it survives its users
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self.device = os.ttyname(self._theirs)
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="emulated port", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and let go of the terminal. Safe to call twice."""
        if not self._thread.is_alive():
            return
        os.write(self._waker, b"x")
        self._thread.join()
        for descriptor in (self._ours, self._theirs, self._wake, self._waker):
            os.close(descriptor)

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._ours, self._wake], [], [])
            if self._wake in ready:
                return
            data = os.read(self._ours, 4096)
            if self._pace not in (None, termios.tcgetattr(self._theirs)[_OUTPUT_SPEED]):
                continue
            arrived = time.monotonic() + len(data) * self._byte_s
            _sleep_until(arrived)
            reply = self._answer(data)
            if reply:
                _sleep_until(arrived + self._delay_s + len(reply) * self._byte_s)
                self._write(reply)

    def _write(self, reply: bytes) -> None:
        """Write what the host will read; what it never reads is lost when its buffer is full."""
        with contextlib.suppress(BlockingIOError):
            while reply:
                reply = reply[os.write(self._ours, reply) :]


def _sleep_until(moment: float) -> None:
    left = moment - time.monotonic()
    if left > 0.0:
        time.sleep(left)
