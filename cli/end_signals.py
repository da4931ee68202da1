"""Lets a program that is told to end leave as after Ctrl-C: arm held, terminal as it was."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = signal.SIGTERM, signal.SIGHUP


@contextmanager
def leaving_in_order() -> Iterator[None]:
    """Within this, SIGTERM and SIGHUP raise SystemExit; only in the main thread.

    One that is ignored, as nohup has it, stays so.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _: object) -> None:
    sys.exit(128 + number)
