"""Shows what teleoperation does, in a process of its own, and hears keys from there."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Self

from cli.key_presses import ESCAPE
from cli.teleop_picture import Shot

READY = ""
"""What the other process sends when it may be shown something."""
_PATIENCE = 3.0  # [s] for it to end


class Display:
    """``with Display(live, …) as display: display.show(shot); display.keys()``.

    Painting takes longer than a control period, so another process does it, and what comes while
    it paints is not shown.
    """

    def __init__(self, live: Callable[..., None], *args: Any) -> None:
        """Prepare to run ``live(pipe, *args)``, which receives shots and sends keys and READY."""
        spawn = multiprocessing.get_context("spawn")
        self.pipe, self._theirs = spawn.Pipe()
        self._process = spawn.Process(target=live, args=(self._theirs, *args), daemon=True)
        self._free = False

    def show(self, shot: Shot) -> None:
        """Show ``shot``, if the one before is shown already."""
        if self._free:
            self._free = False
            with suppress(OSError):  # ``keys`` tells that it has gone
                self.pipe.send(shot)

    def keys(self) -> Iterator[str]:
        """Yield what was pressed since; a display that was closed is as good as Esc."""
        try:
            while self.pipe.poll():
                key: str = self.pipe.recv()
                self._free = self._free or key == READY
                if key != READY:
                    yield key
        except (EOFError, OSError):
            yield ESCAPE

    def __enter__(self) -> Self:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who moves the arm
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        self._theirs.close()
        return self

    def __exit__(self, *error: object) -> None:
        self.pipe.close()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()


def shots(pipe: Connection) -> Iterator[Shot | None]:
    """Yield what comes through ``pipe``, None while nothing does, until it is closed."""
    with suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            if pipe.poll(0.01):
                yield pipe.recv()
                pipe.send(READY)
            else:
                yield None
