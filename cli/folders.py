"""The folder that a verb leaves its files in."""

import time
from pathlib import Path

from policies.runs import RUNS
from robot.errors import RobotError


def new_folder(out: Path | None, verb: str) -> Path:
    """Return the folder ``out``, or one below runs/ named by ``verb`` and time; make it.

    Raises RobotError.
    """
    out = out or RUNS / f"{verb}-{time.strftime('%Y%m%d-%H%M%S')}"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RobotError(f"{out}: the folder cannot be made: {error}") from error
    return out
