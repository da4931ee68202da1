"""Who may move the arm: one client at a time, for as long as its connection lives."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from hardware.refusal import Reason, Refusal


@dataclass(slots=True)
class Lease:
    """The present controller: its connection, name, secret token and newest command's sequence."""

    connection: bytes
    client: str
    token: str
    last_sequence: int = 0


class LeaseDesk:
    """Hands out the only lease.

    A lease ends when it is given back or its connection is lost; ZeroMQ's heartbeats notice
    even a pulled cable within seconds. An idle holder keeps it: silence is the watchdog's
    business and makes the arm hold, not change hands.
    """

    def __init__(self, is_connected: Callable[[bytes], bool]) -> None:
        """Judge by ``is_connected(connection)`` whether a holder is still there."""
        self._is_connected = is_connected
        self._lease: Lease | None = None

    @property
    def holder(self) -> str:
        """Return the name of the client that holds the lease, or ""."""
        return self._lease.client if self._lease else ""

    def grant(self, connection: bytes, client: str) -> Lease:
        """Return a new lease. Raises Refusal while another connected client holds one."""
        held = self._lease
        if held and held.connection != connection and self._is_connected(held.connection):
            raise Refusal(
                Reason.LEASE_HELD,
                f"{held.client} is moving the arm: wait until it disconnects, or only observe",
            )
        self._lease = Lease(connection, client, secrets.token_hex(8))
        return self._lease

    def holds(self, connection: bytes) -> bool:
        """Whether ``connection`` holds the lease."""
        return self._lease is not None and self._lease.connection == connection

    def check(self, connection: bytes, token: str) -> Lease:
        """Return the lease. Raises Refusal unless it is this connection's, by this token."""
        lease = self._lease
        if lease is None or (lease.connection, lease.token) != (connection, token):
            held = f"{lease.client} holds it" if lease else "nobody holds it"
            raise Refusal(Reason.NO_LEASE, f"that needs the lease ({held}): connect for control")
        return lease

    def release(self) -> None:
        """End the lease."""
        self._lease = None

    def lost(self) -> bool:
        """End the lease if its holder is no longer connected; return whether it was so."""
        if self._lease is None or self._is_connected(self._lease.connection):
            return False
        self._lease = None
        return True
