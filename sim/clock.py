"""A clock for simulated arms that need not keep to real time."""


class SimClock:
    """Time that passes only in ``sleep``: as fast as the simulation can be computed."""

    def __init__(self) -> None:
        """Begin at 0 s."""
        self._now = 0.0

    def __call__(self) -> float:
        """Return the time [s]."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        self._now += max(0.0, seconds)
