"""A table of ``arm.toml`` whose entries are the fields of a dataclass."""

from dataclasses import MISSING, fields
from typing import Any

from robot.errors import ModelError, UnknownNameError


def read_table(kind: Any, name: str, entries: dict[str, Any], **given: Any) -> Any:
    """Return a ``kind``, a dataclass, of ``entries`` of the table ``name`` and what is ``given``.

    Lists become tuples. Raises UnknownNameError for an entry that is no field, and ModelError for
    one that is missing.
    """
    known = {field.name: field for field in fields(kind) if field.name not in given}
    for entry in entries:
        if entry not in known:
            raise UnknownNameError(f"entry in [{name}] of arm.toml", entry, known)
    for entry, field in known.items():
        if field.default is MISSING and entry not in entries:
            raise ModelError(f"arm.toml: [{name}] says nothing of {entry!r}")
    values = {entry: tuple(v) if isinstance(v, list) else v for entry, v in entries.items()}
    return kind(**values, **given)
