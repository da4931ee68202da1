"""A network cable that can be cut: forwards TCP between addresses of this machine."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress
from threading import Event, Thread
from typing import Self

_CHUNK = 65536


class Cable:
    """Forwards connections to ``near`` on to ``far``, ports and all, until ``cut``.

    Cutting closes nothing: as with a real cable, neither end hears that the other is gone.
    """

    def __init__(self, near: str, far: str, ports: tuple[int, ...]) -> None:
        """Listen at ``ports`` of the address ``near``, for servers at the same ports of ``far``."""
        self._far = far
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._severed = Event()
        for port in ports:
            listener = socket.create_server((near, port))
            self._watch(listener, None)
        self._thread = Thread(target=self._run, name="cable", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.cut()
        self._thread.join()
        for end in self._sockets:
            end.close()
        self._selector.close()

    def cut(self) -> None:
        """Forward nothing from now on."""
        self._severed.set()

    def _run(self) -> None:
        while not self._severed.is_set():
            for key, _ in self._selector.select(0.01):
                if self._severed.is_set():
                    return
                assert isinstance(key.fileobj, socket.socket)
                if key.data is None:
                    self._connect(key.fileobj)
                else:
                    self._forward(key.fileobj, key.data)

    def _connect(self, listener: socket.socket) -> None:
        near, _ = listener.accept()
        far = socket.create_connection((self._far, listener.getsockname()[1]))
        for end, other in ((near, far), (far, near)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._watch(end, other)

    def _forward(self, end: socket.socket, other: socket.socket) -> None:
        data = b""
        with suppress(ConnectionError):
            data = end.recv(_CHUNK)
            other.sendall(data)
        if not data:
            self._selector.unregister(end)
            with suppress(OSError):
                other.shutdown(socket.SHUT_WR)

    def _watch(self, end: socket.socket, other: socket.socket | None) -> None:
        self._sockets.append(end)
        self._selector.register(end, selectors.EVENT_READ, other)
