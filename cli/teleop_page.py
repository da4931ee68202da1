"""A page of this machine's own that shows what teleoperation does, where there is no display."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from threading import Condition, Thread
from typing import Any, Self

import numpy as np

from cli.teleop_display import Display, shots
from cli.teleop_picture import Painter
from perception.jpeg import encode
from robot.errors import RobotError
from robot.model import ArmModel, load_arm

HOST = "127.0.0.1"
"""Nobody else's: a camera sees the room. From another machine: ssh -L PORT:127.0.0.1:PORT."""

_PAGE = b"""<!doctype html><title>twinarm teleop</title>
<style>body { margin: 0; background: #242424 } img { width: 100%; max-width: 1300px }</style>
<img src="/live" alt="camera and arm, live">
"""
_HOSTS = (HOST, "localhost")
_PATIENCE = 10.0  # [s] for the process to start


class Page(Display):
    """``with Page(model, 8000) as page: page.show(shot)``: at http://127.0.0.1:8000."""

    def __init__(self, model: ArmModel, port: int) -> None:
        """Show arms of ``model`` at ``port``."""
        super().__init__(_live, model.name, port)
        self._port = port

    def __enter__(self) -> Self:
        """Begin to serve. Raises RobotError if the port cannot be had."""
        super().__enter__()
        said = self.pipe.recv() if self.pipe.poll(_PATIENCE) else "it does not start"
        if said:
            self.__exit__()
            raise RobotError(f"--live {self._port}: {said}")
        return self


class _Newest:
    """The newest picture, for any number of threads that wait for it."""

    def __init__(self) -> None:
        self._news, self._jpeg = Condition(), b""

    def put(self, jpeg: bytes) -> None:
        with self._news:
            self._jpeg = jpeg
            self._news.notify_all()

    def each(self) -> Iterator[bytes]:
        while True:
            with self._news:
                self._news.wait()
                jpeg = self._jpeg
            yield jpeg


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, newest: _Newest) -> None:
        super().__init__((HOST, port), _Handler)
        self.newest = newest

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of whoever breaks off: the terminal is for whoever moves the arm."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        # Else a page of somebody else's, by a name that leads here, could look into the room.
        if self.headers.get("Host", "").partition(":")[0] not in _HOSTS:
            self.send_error(403, "ask for 127.0.0.1 or localhost")
        elif self.path == "/":
            self._begin("text/html; charset=utf-8")
            self.wfile.write(_PAGE)
        elif self.path == "/live":
            self._begin("multipart/x-mixed-replace; boundary=shot")
            self._stream()
        else:
            self.send_error(404)

    def _begin(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        # Nor could it by having the picture on it.
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.end_headers()

    def _stream(self) -> None:
        try:
            for jpeg in self.server.newest.each():
                head = f"--shot\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
        except OSError:
            return  # whoever looked has left

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of what is asked for, either."""


def _live(pipe: Connection, arm: str, port: int) -> None:
    """Serve what comes through ``pipe`` until it is closed; first say what prevents that."""
    newest = _Newest()
    try:
        server = _Server(port, newest)
    except (OSError, OverflowError) as error:
        pipe.send(f"the page cannot be served there: {error}")
        return
    Thread(target=server.serve_forever, daemon=True).start()
    pipe.send("")
    with Painter(load_arm(arm)) as painter:
        for shot in shots(pipe):
            if shot is not None:
                newest.put(encode(np.ascontiguousarray(painter.paint(shot)[:, :, ::-1])))
