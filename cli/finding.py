"""What the doctor finds, and how to mend it."""

from collections.abc import Callable
from dataclasses import dataclass

from robot.errors import MissingPackageError


@dataclass(frozen=True, slots=True)
class Finding:
    """good: True works, False is broken, None is absent but not needed for everything."""

    good: bool | None
    what: str
    mend: str = ""

    def __str__(self) -> str:
        mark = {True: "ok     ", False: "broken ", None: "absent "}[self.good]
        return mark + self.what + (f"\n       -> {self.mend}" if self.mend else "")


def tried(what: str, check: Callable[[], str]) -> Finding:
    """Return what ``check`` says of ``what``, or why it fails."""
    try:
        return Finding(True, f"{what}: {check()}")
    except ModuleNotFoundError as error:
        return Finding(None, f"{what}: {error}", "pip install 'twinarm[sim,train]'")
    except MissingPackageError as error:  # which says itself how it is installed
        return Finding(None, f"{what}: {error}")
    except Exception as error:  # whatever is wrong is what the user wants to read
        return Finding(False, f"{what}: {error}")
