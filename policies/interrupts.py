"""Ctrl-C that lets the work at hand finish first."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

Handler = Callable[[int, FrameType | None], Any] | int | None


class StopRequest:
    """While entered, the first SIGINT or SIGTERM only sets ``requested``; a second one raises.

    Outside the main thread, where Python delivers no signals, ``requested`` stays False
    unless set by the caller.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, Handler] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
