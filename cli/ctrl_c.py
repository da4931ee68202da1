"""Lets Ctrl-C end a loop at a place of its own choosing, so that what it made is kept."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def ctrl_c_noted() -> Iterator[Event]:
    """Within this, Ctrl-C sets the event and does nothing else; only in the main thread."""
    pressed = Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
