"""Lets a program that is told to end leave as after Ctrl-C: arm held, terminal as it was."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = signal.SIGTERM, signal.SIGHUP


@contextmanager
def leaving_in_order() -> Iterator[None]:
    """Within this, SIGTERM and SIGHUP raise SystemExit; only in the main thread."""
    before = [signal.signal(number, _leave) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(_SIGNALS, before, strict=True):
            signal.signal(number, handler)


def _leave(number: int, _: object) -> None:
    sys.exit(128 + number)
