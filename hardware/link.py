"""A client's connection to an arm server: ask, wait for the answer, know when it is gone."""

import math
import time
import weakref
from collections.abc import Callable
from itertools import count
from threading import Lock

import zmq
from zmq.utils.monitor import parse_monitor_message

from hardware import protocol
from hardware.clock import ServerClock
from hardware.curve import secure_client
from hardware.endpoint import Endpoint
from hardware.errors import ServerGoneError
from hardware.handshake import WATCHED, Handshake
from hardware.keys import KeyStore
from hardware.messages import Refused, Reply, Request, Telemetry
from robot.errors import ArmError

_RECEIVE_BUFFER = 16384  # bytes the kernel may hold of telemetry not yet taken
_HEARTBEAT_MS = 500
_SILENCE_MS = 1500  # after which the connection counts as lost


class Link:
    """One connection for requests and, once subscribed, one for telemetry. No reconnecting.

    A lost connection stays lost: the arm holds, and whoever moved it must decide anew.
    Requests may come from several threads; each waits for the one before.
    """

    def __init__(self, endpoint: Endpoint, keys: KeyStore | None, timeout_s: float) -> None:
        """Begin to connect to ``endpoint``. Raises KeyStoreError if a key is missing."""
        self._endpoint, self._keys, self._timeout_s = endpoint, keys, timeout_s
        self.clock = ServerClock()
        self._lock = Lock()
        self._sequence = count(1)
        self._handshake = Handshake(endpoint, keys)
        self._failure: ArmError | None = None
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        try:
            self._dealer = self._socket(zmq.DEALER)
            self._subscriber = self._socket(zmq.SUB)
        except BaseException:
            self._context.destroy(linger=0)
            raise
        self._monitor = self._dealer.get_monitor_socket(WATCHED)
        self._poller = zmq.Poller()
        self._poller.register(self._dealer, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        # Sockets of a link that was forgotten would let the process wait for ever at its end.
        self._hang_up = weakref.finalize(self, _hang_up, self._context, self._dealer)
        self._dealer.connect(str(endpoint))

    def ask(self, request: Callable[[int], Request]) -> Reply:
        """Send ``request(sequence)`` and return its answer.

        Raises ServerGoneError or ServerRefusedKeyError, at the latest after the timeout.
        """
        with self._lock:
            self._check()
            sequence = next(self._sequence)
            self._dealer.send(protocol.encode(request(sequence)))
            return self._await(sequence)

    def check(self) -> None:
        """Raise the error that ended the connection, if it has ended."""
        with self._lock:
            self._check()

    def subscribe(self, port: int) -> None:
        """Listen to telemetry on ``port`` of the same server."""
        self._listen(self._subscriber, port, _RECEIVE_BUFFER)

    def subscriber(self, port: int, most_bytes: int) -> zmq.Socket[bytes]:
        """Return a socket, closed with this link, on which the newest of another stream arrives.

        For one thread. most_bytes: a longer message ends the stream.
        """
        socket = self._socket(zmq.SUB)
        socket.maxmsgsize = most_bytes
        self._listen(socket, port, most_bytes)
        return socket

    def _listen(self, socket: zmq.Socket[bytes], port: int, buffer: int) -> None:
        socket.conflate = True
        socket.rcvbuf = buffer
        socket.subscribe(b"")
        socket.connect(str(self._endpoint.with_port(port)))

    def telemetry(self, wait_s: float = 0.0) -> Telemetry | None:
        """Return the newest telemetry if any came since the last call or comes in ``wait_s``."""
        with self._lock:
            if not self._subscriber.poll(_milliseconds(wait_s)):
                return None
            newest = protocol.decode_telemetry(self._subscriber.recv())
            self.clock.observe(newest.stamp, time.monotonic())
            return newest

    def close(self) -> None:
        """Disconnect."""
        with self._lock:
            self._failure = ArmError("disconnected")
            self._hang_up()

    def _check(self) -> None:
        while self._failure is None and self._monitor.poll(0):
            event = parse_monitor_message(self._monitor.recv_multipart())["event"]
            self._failure = self._handshake.explain(event)
        if self._failure is not None:
            raise self._failure

    def _await(self, sequence: int) -> Reply:
        deadline = time.monotonic() + self._timeout_s
        while (left := deadline - time.monotonic()) > 0.0:
            ready = dict(self._poller.poll(_milliseconds(left)))
            if self._dealer in ready:
                reply = protocol.decode_reply(self._dealer.recv())
                self.clock.observe(reply.stamp, time.monotonic())
                if reply.sequence == sequence or _refuses_unread(reply):
                    return reply
            elif ready:
                self._check()
        raise ServerGoneError(
            f"no answer from {self._endpoint} within {self._timeout_s:g} s: check that the host "
            "name is right, the server is running there and the network is up"
        )

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.linger = 0
        socket.maxmsgsize = protocol.MAX_BYTES
        socket.reconnect_ivl = -1
        socket.heartbeat_ivl, socket.heartbeat_timeout = _HEARTBEAT_MS, _SILENCE_MS
        socket.ipv6 = ":" in self._endpoint.host
        if self._keys is not None:
            server = self._keys.known_server(self._endpoint.host, self._endpoint.port)
            secure_client(socket, self._keys.own("client"), server)
        return socket


def _refuses_unread(reply: Reply) -> bool:
    """Whether the server could not read the request, so not its sequence number either."""
    return isinstance(reply, Refused) and reply.sequence == 0


def _milliseconds(seconds: float) -> int:
    return math.ceil(1e3 * seconds)


def _hang_up(context: zmq.Context[zmq.Socket[bytes]], dealer: zmq.Socket[bytes]) -> None:
    dealer.disable_monitor()
    context.destroy(linger=0)
