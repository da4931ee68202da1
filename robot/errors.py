"""Errors a user can cause; each message says what was wrong and the mend."""

import difflib
from collections.abc import Iterable


class RobotError(Exception):
    """Base of every error of the robot, simulation and hardware packages.

    The command line prints the message without a traceback and exits with code 2.
    """


class UnknownNameError(RobotError):
    """A name that is not one of the valid ones, which the message lists."""

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        """Compose ``unknown <kind> '<name>'`` with the nearest and all valid names."""
        names = sorted(valid)
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        super().__init__(f"unknown {kind} {name!r}{hint} (valid: {', '.join(names) or 'none'})")


class ArmError(RobotError):
    """The arm cannot do what was asked: not connected, faulted, lost, or stopped."""


class UnreachableError(RobotError):
    """No joint positions reach the asked pose; the message says why."""


class ModelError(RobotError):
    """An arm description (URDF or arm.toml) is incomplete or contradicts itself."""


class MissingPackageError(ModelError):
    """An arm description lies in a Python package that is not installed."""


class CommandRefusedError(ArmError):
    """A command that no clamping can mend: not finite, or for another number of joints."""
