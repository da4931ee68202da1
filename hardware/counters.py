"""Counts of what happened since the server started, by name."""

from collections import Counter
from threading import Lock


class Counters:
    """Counters that any thread may raise; they go out with every telemetry message."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str) -> None:
        """Count one more of ``name``."""
        with self._lock:
            self._counts[name] += 1

    def snapshot(self) -> dict[str, int]:
        """Return all counts that are not zero."""
        with self._lock:
            return dict(self._counts)
