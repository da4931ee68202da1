"""Keys from wherever somebody can press them: the terminal, a window, a gamepad."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from cli.key_presses import KeyPresses


class Keys(Protocol):
    """Whatever yields keys one by one."""

    @property
    def there(self) -> bool:
        """Return whether anybody can press a key."""

    def next(self, patience_s: float = 0.0) -> str | None:
        """Return the next key; None if there is none for ``patience_s`` [s]."""


class HeardKeys(Keys):
    """Those of a terminal, and those that are pressed elsewhere."""

    def __init__(
        self, typed: KeyPresses, pressed: Callable[[], Iterable[str]], there: bool
    ) -> None:
        """Hear ``typed`` keys and ``pressed`` ones, if somebody is ``there`` to press those."""
        self._typed, self._pressed, self._there = typed, pressed, there
        self._waiting: deque[str] = deque()

    @property
    def there(self) -> bool:
        """Return whether anybody can press a key."""
        return self._there or self._typed.there

    def next(self, patience_s: float = 0.0) -> str | None:
        """Return the next key; None if there is none for ``patience_s`` [s]."""
        self._waiting.extend(self._pressed())
        if self._waiting:
            return self._waiting.popleft()
        if not self._typed.there:
            time.sleep(patience_s)
        return self._typed.next(patience_s)
