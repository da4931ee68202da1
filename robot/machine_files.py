"""Files that this machine keeps of its own arm and cameras, written whole or not at all."""

import os
import tempfile
from pathlib import Path

FOLDER_VARIABLE = "TWINARM_CALIBRATION"


def machine_folder() -> Path:
    """Return where calibrations lie: ``$TWINARM_CALIBRATION``, else ``~/.config/twinarm``."""
    return Path(os.environ.get(FOLDER_VARIABLE) or "~/.config/twinarm").expanduser()


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``; whoever reads sees the old file or the new. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
