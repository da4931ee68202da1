"""Who else has a port open: two programs on one line look like a dead arm."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hardware.servos.bus import PortError


def in_use(device: str) -> PortError:
    """Return the error that names who holds ``device``, as far as this account may see."""
    user = user_of(device) or "another program"
    return PortError(f"{device} is in use by {user}: stop it first, only one may drive the arm")


def user_of(device: str) -> str | None:
    """Return the command line and number of another process with ``device`` open, if any."""
    target = os.path.realpath(device)
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != os.getpid() and target in _open_files(process):
            return f"'{_command(process)}' (process {process.name})"
    return None


def _open_files(process: Path) -> Iterator[str]:
    with suppress(OSError):  # of other accounts, or just ended
        for file in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(file.readlink())


def _command(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:  # just ended
        return "a program"
    return b" ".join(words).decode(errors="replace").strip()[:80]
