"""Whether there is a display that windows can be opened on."""

import os
import re
import socket
from contextlib import closing, suppress

_FIRST_PORT = 6000
_NONSENSE = UnicodeError, OverflowError  # no host or port could be called so
_PATIENCE = 2.0  # [s] for a display on another machine


def display_there() -> bool:
    """Return whether an X server answers at $DISPLAY; a window opened in vain ends its program."""
    display = os.environ.get("DISPLAY", "")
    found = re.fullmatch(r"(?:unix|([^:/]*)):(\d+)(\.\d+)?", display)
    if found is None:
        return os.path.exists(display)  # noqa: PTH110 - a socket's path, or ""
    host, number = found[1], int(found[2])
    if host:
        return _answers(socket.AF_INET, (host, _FIRST_PORT + number))
    path = f"/tmp/.X11-unix/X{number}"
    return any(_answers(socket.AF_UNIX, where) for where in (path, f"\0{path}"))


def _answers(family: socket.AddressFamily, where: tuple[str, int] | str) -> bool:
    with suppress(OSError, *_NONSENSE), closing(socket.socket(family)) as line:
        line.settimeout(_PATIENCE)
        line.connect(where)
        return True
    return False
