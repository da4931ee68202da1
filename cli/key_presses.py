"""Keys as they are pressed, without Enter, where standard input is a terminal."""

import os
import select
import sys
import termios
import tty
from typing import Any, Self

RIGHT, LEFT, UP, DOWN, ESCAPE = "right", "left", "up", "down", "escape"
PAGE_UP, PAGE_DOWN = "page up", "page down"

_ARROWS = {b"A": UP, b"B": DOWN, b"C": RIGHT, b"D": LEFT}
_SEQUENCES = {
    **{begin + end: name for begin in (b"\x1b[", b"\x1bO") for end, name in _ARROWS.items()},
    b"\x1b[5~": PAGE_UP,
    b"\x1b[6~": PAGE_DOWN,
}


class KeyPresses:
    """``with KeyPresses() as keys: keys.next()``; Ctrl-C interrupts as ever."""

    def __init__(self) -> None:
        self._settings: list[Any] | None = None
        self._rest = b""

    @property
    def there(self) -> bool:
        """Return whether anybody can press a key."""
        return self._settings is not None

    def next(self, patience_s: float = 0.0) -> str | None:
        """Return the next key: ``right``, ``page up``, ``escape``, …, or what it types.

        None if there was none for ``patience_s`` [s], or if nobody can press any.
        """
        if not self.there:
            return None
        descriptor = sys.stdin.fileno()
        if not self._rest and select.select([descriptor], [], [], patience_s)[0]:
            self._rest = os.read(descriptor, 64)
        return self._parse()

    def _parse(self) -> str | None:
        if not self._rest:
            return None
        for sequence, name in _SEQUENCES.items():
            if self._rest.startswith(sequence):
                self._rest = self._rest[len(sequence) :]
                return name
        # What follows Esc at once is a key that is none of ours.
        if self._rest[:1] == b"\x1b":
            alone, self._rest = len(self._rest) == 1, b""
            return ESCAPE if alone else None
        pressed, self._rest = self._rest[:1], self._rest[1:]
        return pressed.decode(errors="replace")

    def __enter__(self) -> Self:
        if sys.stdin is not None and sys.stdin.isatty():
            self._settings = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(self, *error: object) -> None:
        if self._settings is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._settings)
            self._settings = None
