"""The server's sockets: ROUTER for requests, PUB for telemetry and for pictures on the next ports.

PUB keeps a single message a subscriber (CONFLATE), so a slow reader gets the newest and never a
backlog. CONFLATE takes no topics, hence one PUB socket for each kind of stream.
"""

import math
from collections.abc import Iterator

import zmq

from hardware import protocol
from hardware.connections import Connections
from hardware.counters import Counters
from hardware.curve import ClientAuthenticator, secure_server
from hardware.endpoint import Endpoint
from hardware.keys import KeyStore
from hardware.messages import Shot, Telemetry
from robot.errors import ArmError

_BURST = 64  # requests answered before telemetry gets its turn
_HEARTBEAT_MS = 500
_SILENCE_MS = 1500  # after which a connection counts as lost
_OWN_ADDRESS = "give an address of this machine, such as 0.0.0.0 for all, and a port below 65535"
_SEND_BUFFER = 16384  # bytes the kernel may hold of telemetry a reader does not take
_FRAME_BUFFER = 65536  # the same of pictures, about one


class ServerSockets:
    """All network I/O of a server. For one thread at a time; nothing here waits but ``wait``."""

    def __init__(
        self,
        wanted: Endpoint,
        keys: KeyStore | None,
        counters: Counters,
        *,
        pictures: bool = False,
    ) -> None:
        """Bind at ``wanted`` and the port after it, with ``keys`` if given.

        pictures: also bind the second port after it, for a camera's.
        Raises ArmError if a port is taken, KeyStoreError if there is no server key.
        """
        self._keys, self._counters = keys, counters
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._authenticator: ClientAuthenticator | None = None
        self._watched: list[Connections] = []
        try:
            self._open(wanted, pictures)
        except BaseException:
            self.close()
            raise

    def _open(self, wanted: Endpoint, pictures: bool) -> None:
        if self._keys:
            self._authenticator = ClientAuthenticator(self._context, self._keys)
            self._authenticator.start()
        self._router = self._socket(zmq.ROUTER)
        self._router.router_mandatory = True
        self.endpoint = _bind(self._router, wanted)
        self._publisher, self.telemetry_port = self._stream(wanted, 1, _SEND_BUFFER)
        self._frames, self.frames_port = None, 0
        if pictures:
            self._frames, self.frames_port = self._stream(wanted, 2, _FRAME_BUFFER)
        self._poller = zmq.Poller()
        for socket in (self._router, *(watched.monitor for watched in self._watched)):
            self._poller.register(socket, zmq.POLLIN)

    def wait(self, seconds: float) -> bool:
        """Wait for traffic, at most so long; return whether a client left."""
        ready = dict(self._poller.poll(math.ceil(1e3 * max(0.0, seconds))))
        left = [watched.note() for watched in self._watched if watched.monitor in ready]
        return any(left)

    def requests(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield (connection, payload) of what has arrived, a burst at most."""
        for _ in range(_BURST):
            try:
                connection, *frames = self._router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            yield connection, frames[0] if len(frames) == 1 else b""

    def send(self, connection: bytes, payload: bytes) -> bool:
        """Send without waiting; return False if that client is no longer connected."""
        try:
            self._router.send_multipart([connection, payload], zmq.NOBLOCK)
        except zmq.Again:
            self._counters.add("replies_dropped")
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            return False
        return True

    def publish(self, telemetry: Telemetry) -> None:
        """Send to whoever listens."""
        self._publisher.send(protocol.encode(telemetry))

    def show(self, frame: Shot) -> None:
        """Send to whoever looks. Raises ProtocolError for a picture that is too long."""
        if self._frames:
            self._frames.send(protocol.encode(frame))

    def close(self) -> None:
        """Close everything; what was not sent yet is dropped."""
        for watched in self._watched:
            watched.close()
        if self._authenticator:
            self._authenticator.close()
        self._context.destroy(linger=0)

    def _stream(self, wanted: Endpoint, offset: int, buffer: int) -> tuple[zmq.Socket[bytes], int]:
        """Return a socket that publishes, ``offset`` ports after requests, and its port."""
        socket = self._socket(zmq.PUB)
        socket.conflate = True
        socket.sndbuf = buffer
        port = self.endpoint.port + offset if wanted.port else 0
        return socket, _bind(socket, wanted.with_port(port)).port

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.linger = 0
        socket.maxmsgsize = protocol.MAX_BYTES
        socket.heartbeat_ivl, socket.heartbeat_timeout = _HEARTBEAT_MS, _SILENCE_MS
        if self._keys:
            secure_server(socket, self._keys.own("server"))
        self._watched.append(Connections(socket, self._counters))
        return socket


def _bind(socket: zmq.Socket[bytes], endpoint: Endpoint) -> Endpoint:
    socket.ipv6 = ":" in endpoint.host
    try:
        socket.bind(str(endpoint))
    except zmq.ZMQError as error:
        taken = error.errno == zmq.EADDRINUSE
        mend = "is another server running there?" if taken else _OWN_ADDRESS
        raise ArmError(f"cannot listen at {endpoint}: {error.strerror}; {mend}") from error
    bound = socket.getsockopt_string(zmq.LAST_ENDPOINT)
    return endpoint.with_port(int(bound.rpartition(":")[2]))
