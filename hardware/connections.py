"""Counts who comes and goes on a server socket, and tells when somebody left."""

import logging

import zmq
from zmq.utils.monitor import parse_monitor_message

from hardware.counters import Counters

log = logging.getLogger(__name__)

_COUNTED: dict[int, str] = {
    zmq.EVENT_ACCEPTED: "connections",
    zmq.EVENT_HANDSHAKE_SUCCEEDED: "handshakes",
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "handshakes_unknown_key",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "handshakes_failed",
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "handshakes_failed",
}


class Connections:
    """Watches one socket. What does not even speak ZeroMQ is a connection without a handshake."""

    def __init__(self, socket: zmq.Socket[bytes], counters: Counters) -> None:
        """Watch ``socket``, which must outlive this."""
        self._socket, self._counters = socket, counters
        events = zmq.EVENT_DISCONNECTED
        for event in _COUNTED:
            events |= event
        self.monitor = socket.get_monitor_socket(events)

    def note(self) -> bool:
        """Count what happened since the last call; return whether a client left."""
        left = False
        while self.monitor.poll(0):
            event = parse_monitor_message(self.monitor.recv_multipart())["event"]
            if event in _COUNTED:
                self._counters.add(_COUNTED[event])
                log.debug("%s", _COUNTED[event])
            left = left or event == zmq.EVENT_DISCONNECTED
        return left

    def close(self) -> None:
        """Stop watching."""
        self._socket.disable_monitor()
