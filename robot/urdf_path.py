"""Where the URDF is that an ``arm.toml`` names: beside it, or in an installed Python package."""

from importlib.util import find_spec
from pathlib import Path

from robot.errors import MissingPackageError, ModelError

_INSTALLED_BY = {"pybullet_data": "twinarm[sim]"}


def urdf_path(folder: Path, entry: str) -> Path:
    """Return the path of ``entry``: a file in ``folder``, or ``package:path`` within a package.

    The package is found without being imported, so that what it needs need not be there. Raises
    MissingPackageError saying how to install a package that is missing, ModelError for a file
    that is.
    """
    package, colon, inside = entry.partition(":")
    path = _in_package(package, entry) / inside if colon else folder / entry
    if not path.is_file():
        raise ModelError(f"arm.toml: urdf = {entry!r}, but there is no file {path}")
    return path


def _in_package(package: str, entry: str) -> Path:
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        name = _INSTALLED_BY.get(package, package)
        raise MissingPackageError(
            f"urdf = {entry!r} is in the Python package {package!r}, which is not installed here:"
            f" pip install {name!r}"
        )
    return Path(spec.submodule_search_locations[0])
