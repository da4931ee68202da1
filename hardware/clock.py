"""The server's clock as seen by a client, so that a deadline means the same on both ends.

Two machines' monotonic clocks start anywhere. A reply stamped ``s`` by the server and received
at local time ``r`` proves that the server's clock was at least ``s`` at ``r``: the truth is later
by the way back. Keeping the latest such proof makes the estimate late by the shortest way back
seen, never early. So a deadline set by it can lapse a moment too soon but never too late: an old
command cannot pass for a fresh one. Compare F. Cristian, Probabilistic clock synchronization
(1989), which needs the round trip and errs both ways.
"""

from robot.errors import ArmError

_DRIFT = 2e-4  # [s/s] the estimate may lag by more than two quartz clocks drift apart


class ServerClock:
    """Estimates the server's clock from stamped replies. All times in [s]."""

    def __init__(self) -> None:
        self._offset = float("-inf")
        self._observed = float("-inf")

    def observe(self, stamp: float, received: float) -> None:
        """Take note that a message stamped ``stamp`` there arrived at ``received`` here."""
        sample = stamp - received
        if self._offset > float("-inf"):
            self._offset = max(sample, self._offset - _DRIFT * (received - self._observed))
        else:
            self._offset = sample
        self._observed = received

    def at(self, local: float) -> float:
        """Return the server's time at ``local``. Raises ArmError before any observation."""
        return local + self._known()

    def local(self, stamp: float) -> float:
        """Return our time at ``stamp`` there; never earlier than it was. Raises as ``at`` does."""
        return stamp - self._known()

    def _known(self) -> float:
        if self._offset == float("-inf"):
            raise ArmError("the server's clock is unknown: connect first")
        return self._offset
