"""A clock for tests that goes on only when it is told to."""


class HandClock:
    """Call it for the time; add to ``now`` to let time pass [s]."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now
