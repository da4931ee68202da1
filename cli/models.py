"""Fetch the networks that see people, list them, say where they lie, or try them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from cli.model_files import ModelOptions, fetch
from perception.models import BUNDLES, missing_models, model_path, models_folder
from robot.errors import UnknownNameError

EXAMPLES = """
  twinarm models                      which there are, and whether they are whole
  twinarm models fetch                make them: pip downloads 36 MB, once
  twinarm models fetch --wheel FILE   the same without a network
  twinarm models path pose            where it lies
  twinarm models try --source clip.mp4 --out overlay.mp4     whom they see in a video
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


@dataclass(frozen=True)
class Try(ModelOptions):
    """See whom the models find: film a skeleton over the pictures of a recording."""

    source: str = ""
    """A video file, a folder of images, or a camera such as 0 (then Ctrl-C ends it)."""
    out: Path = Path("overlay.mp4")
    """The film to write (.mp4)."""
    mirrored: bool = False
    """The pictures are as in a mirror."""


@tyro.conf.configure(tyro.conf.OmitSubcommandPrefixes)
@dataclass(frozen=True)
class Options:
    """What to do."""

    what: (
        Annotated[Fetch, tyro.conf.subcommand("fetch")]
        | Annotated[Listing, tyro.conf.subcommand("list")]
        | Annotated[Place, tyro.conf.subcommand("path")]
        | Annotated[Try, tyro.conf.subcommand("try")]
    ) = field(default_factory=Listing)
    """What to do."""


def run(options: Options) -> int:
    """Do it; the exit code is 1 if a listed model is missing, or nobody was seen in a try."""
    match options.what:
        case Fetch():
            return _fetch(options.what)
        case Place():
            return _tell_path(options.what.name)
        case Try():
            return _try(options.what)
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


def _try(options: Try) -> int:
    from cli.try_models import try_models

    return try_models(options.source, options.out, options.mirrored, options)


def _list() -> int:
    wrong = missing_models()
    for name, bundle in BUNDLES.items():
        size = "" if name in wrong else f"{bundle.path.stat().st_size / 1e6:.1f} MB, "
        print(f"{name:<10} {bundle.about}: {wrong.get(name) or f'{size}{bundle.path}'}")
    return 1 if wrong else 0
