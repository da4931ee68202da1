"""A served cell in processes of its own, and the line to it on which episodes are judged."""

import json
import socket
import sys
from typing import Any, Self

from hardware.keys import KeyStore
from hardware.server_process import ServerProcess
from robot.errors import RobotError

CELL_ARM = "dofbot"
"""The arm in it."""


class JudgedCell(ServerProcess):
    """``with JudgedCell(7, keys=store) as cell: RemoteArm(cell.url, keys=store)``.

    Whoever drives the arm at ``url`` learns what a real table would tell. The methods here go
    over a socket that only the starter of the server has: to reset the table between episodes,
    and to judge them. The processes end with this one.
    """

    def __init__(
        self,
        seed: int,
        *,
        camera: str = "wrist",
        keys: KeyStore | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        """Prepare the cell of ``seed``, with ``keys`` or without any.

        options: further ones of ``twinarm serve``.
        """
        secrecy = ["--keys", str(keys.folder)] if keys else ["--insecure-loopback"]
        self._command = [sys.executable, "-m", "cli.main", "serve", "--arm", CELL_ARM]
        self._command += [
            "--cell",
            str(seed),
            "--cell-camera",
            camera,
            "--port",
            "0",
            "--quiet",
            "--no-park",
        ]
        self._command += [*secrecy, *options]

    def __enter__(self) -> Self:
        """Start, and wait until clients can connect.

        Raises ServerGoneError if it does not come to that; the server says why on stderr.
        """
        ours, theirs = socket.socketpair()
        self._line = ours.makefile("rw")
        ours.close()  # what it is for goes on with the file
        judge = ("--judge", str(theirs.fileno()))
        try:
            with theirs:
                self._start(
                    "the emulated cell", (*self._command, *judge), pass_fds=(theirs.fileno(),)
                )
        except BaseException:
            self._line.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._line.close()
        self._end()

    def place_block(self, x: float, y: float, yaw: float = 0.0) -> None:
        """Put the block on the table at (x, y) [m], turned by ``yaw`` [rad]."""
        self._ask("place_block", x=x, y=y, yaw=yaw)

    def set_stage(self, stage: str) -> None:
        """Show the ``block``, or a ``board`` on the table, in the arm's ``hand``, or ``waved``."""
        self._ask("set_stage", stage=stage)

    def score(self) -> dict[str, Any]:
        """Return where block and joints truly are; see ``EmulatedCell.score``."""
        answer: dict[str, Any] = self._ask("score")
        return answer

    def truth(self) -> dict[str, Any]:
        """Return everything that is hidden; see ``EmulatedCell.truth``."""
        answer: dict[str, Any] = self._ask("truth")
        return answer

    def _ask(self, call: str, **arguments: object) -> Any:
        """Return the answer of the cell. Raises RobotError if it refuses or has gone."""
        try:
            self._line.write(json.dumps([call, arguments]) + "\n")
            self._line.flush()
            said = self._line.readline()
        except OSError:
            said = ""
        if not said:
            raise RobotError("the emulated cell is gone: its server has ended")
        answer = json.loads(said)
        if "error" in answer:
            raise RobotError(answer["error"])
        return answer["answer"]
