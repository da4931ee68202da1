"""A user without any rights."""

import os

NOBODY = 65534


def as_nobody(look):
    """Return what ``look`` says to a user without any rights."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os.write(into, "\n".join(map(str, look())).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return os.read(out, 10_000).decode()
