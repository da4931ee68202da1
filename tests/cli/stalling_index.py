"""A package index on this machine whose one wheel never comes to its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

WHEEL = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"


class _Index(BaseHTTPRequestHandler):
    over: Event

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path.endswith("/"):
            page = f'<a href="/{WHEEL}">{WHEEL}</a>'.encode()
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)
            return
        self.send_header("Content-Length", "35622638")
        self.end_headers()
        self.wfile.write(bytes(1_000_000))
        self.over.wait(60)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def stalling_index() -> Iterator[str]:
    """Yield its address, for $PIP_INDEX_URL."""
    over = Event()
    handler = type("Index", (_Index,), {"over": over})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple"
        finally:
            over.set()
            server.shutdown()
            thread.join()
