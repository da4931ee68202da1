"""An emulated servo board here, and the server that drives it in a process of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from hardware.emulation.board import EmulatedBoard
from hardware.emulation.faults import BusFaults
from hardware.keys import KeyStore
from hardware.local import EmulatedServerProcess
from hardware.servos.boards import named_board
from robot.model import load_arm


@dataclass(frozen=True, slots=True)
class ServedBoard:
    """What a benchmark needs: the board with its monitor, and where the server listens."""

    board: EmulatedBoard
    server: EmulatedServerProcess

    @property
    def url(self) -> str:
        """Return the server's address."""
        return self.server.url


@contextmanager
def served_board(
    keys: KeyStore,
    name: str = "ds",
    *,
    faults: BusFaults | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[ServedBoard]:
    """Yield a DOFBot on board ``name``, behind a pseudo-terminal, served to holders of ``keys``.

    Times of the board's monitor and of this process are of the same clock. options: further
    ones of the server.
    """
    with EmulatedBoard(
        load_arm("dofbot"), named_board(name), faults=faults or BusFaults()
    ) as board:
        port = ("--driver", name, "--device", str(board.device), "--no-park")
        with EmulatedServerProcess(
            port=_free_port(), keys=keys, options=(*port, *options)
        ) as server:
            yield ServedBoard(board, server)


def _free_port() -> int:
    """Return a TCP port that is free, and so is the one after it, for telemetry."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            with suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port
