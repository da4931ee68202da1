"""Standard input line by line, while something else has to go on."""

import os
import select
import sys
import termios

from robot.errors import RobotError

_MOST = 2**16  # bytes that a pipe holds


class TypedLines:
    """``while (line := lines.next()) is None: hold()``, for any number of objects at once.

    Reads the descriptor itself: what Python buffers, ``select`` does not see.
    """

    _rest = b""

    def next(self) -> str | None:
        """Return the next line, None if there is none yet. Raises RobotError at the end."""
        while b"\n" not in TypedLines._rest:
            descriptor = sys.stdin.fileno()
            if not _ready(descriptor):
                return None
            read = os.read(descriptor, 4096)
            if not read:
                raise RobotError("nobody answers: standard input has ended")
            TypedLines._rest += read
        line, _, TypedLines._rest = TypedLines._rest.partition(b"\n")
        return line.decode(errors="replace")

    def forget(self) -> None:
        """Drop what was typed so far: it answers no question that is asked from now on."""
        TypedLines._rest, descriptor = b"", sys.stdin.fileno()
        if os.isatty(descriptor):
            termios.tcflush(descriptor, termios.TCIFLUSH)
        elif _ready(descriptor):
            os.read(descriptor, _MOST)


def _ready(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0.0)[0])
