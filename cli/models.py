"""Fetch the networks that see people, list them, or say where they lie."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from cli.model_files import fetch
from perception.models import BUNDLES, missing_models, model_path, models_folder
from robot.errors import UnknownNameError

EXAMPLES = """
  twinarm models                      which there are, and whether they are whole
  twinarm models fetch                make them: pip downloads 36 MB, once
  twinarm models fetch --wheel FILE   the same without a network
  twinarm models path pose            where it lies
"""


@dataclass(frozen=True)
class Fetch:
    """Make the models that are missing or damaged."""

    wheel: Path | None = None
    """The wheel of MediaPipe they are built of, if pip shall not download it now."""


@dataclass(frozen=True)
class Listing:
    """List the models, and whether they can be used."""


@dataclass(frozen=True)
class Place:
    """Print where a model lies, or the folder of all."""

    name: tyro.conf.Positional[str] = ""
    """pose, hand or hand-lite."""


@tyro.conf.configure(tyro.conf.OmitSubcommandPrefixes)
@dataclass(frozen=True)
class Options:
    """What to do."""

    what: (
        Annotated[Fetch, tyro.conf.subcommand("fetch")]
        | Annotated[Listing, tyro.conf.subcommand("list")]
        | Annotated[Place, tyro.conf.subcommand("path")]
    ) = field(default_factory=Listing)
    """What to do."""


def run(options: Options) -> int:
    """Do it; the exit code of the list is 1 if a model is missing."""
    match options.what:
        case Fetch():
            return _fetch(options.what)
        case Place():
            return _tell_path(options.what.name)
    return _list()


def _fetch(options: Fetch) -> int:
    if not missing_models():
        print(f"all models are there and whole, in {models_folder()}")
        return 0
    for path in fetch(options.wheel):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


def _tell_path(name: str) -> int:
    if name and name not in BUNDLES:
        raise UnknownNameError("model", name, BUNDLES)
    print(model_path(name) if name else models_folder())
    return 0


def _list() -> int:
    wrong = missing_models()
    for name, bundle in BUNDLES.items():
        size = "" if name in wrong else f"{bundle.path.stat().st_size / 1e6:.1f} MB, "
        print(f"{name:<10} {bundle.about}: {wrong.get(name) or f'{size}{bundle.path}'}")
    return 1 if wrong else 0
