"""The arms as data: one folder an arm, holding its URDF and its arm.toml."""

from pathlib import Path

FOLDER = Path(__file__).parent


def arm_names() -> list[str]:
    """Return the names of all arms described here, sorted."""
    return sorted(path.parent.name for path in FOLDER.glob("*/arm.toml"))


def arm_folder(name: str) -> Path:
    """Return the folder that holds ``arm.toml`` and the URDF of arm ``name``.

    Raises KeyError for an unknown name.
    """
    if name not in arm_names():
        raise KeyError(name)
    return FOLDER / name
