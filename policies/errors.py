"""Errors a user can cause in learning; each message says what was wrong and the mend."""

import difflib
from collections.abc import Iterable


class PolicyError(Exception):
    """Base of every error of the policies package.

    The command line prints the message without a traceback and exits with code 2.
    """


class UnknownNameError(PolicyError):
    """A name that is not one of the valid ones, which the message lists."""

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        """Compose ``unknown <kind> '<name>'`` with the nearest and all valid names."""
        names = sorted(valid)
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        super().__init__(f"unknown {kind} {name!r}{hint} (valid: {', '.join(names) or 'none'})")


class CheckpointError(PolicyError):
    """A checkpoint is truncated, altered, or was made by or for something else."""
