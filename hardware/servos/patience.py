"""Asking a servo again that did not answer: a reply may be lost, or late on a busy machine."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from hardware.servos.boards import Board
from hardware.servos.bus import BusError

Answer = TypeVar("Answer")

TRIES = 4


def patiently(board: Board, ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` returns at last, asked at the pace of ``board``. Raises its BusError."""
    for _ in range(TRIES - 1):
        with suppress(BusError):
            return ask()
        time.sleep(1.0 / board.rate_hz)
    return ask()
