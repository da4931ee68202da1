"""Turns ``--source`` into a camera: any address of one, or the bare path of a recording."""

from pathlib import Path

from cli.cameras import open_any
from perception.camera import Camera
from perception.recordings import ImageFolder, VideoFile


def open_source(source: str, keys: Path | None = None, insecure: bool = False) -> Camera:
    """Return the camera at ``source``, not opened yet; see ``open_any``.

    The path of a file is a video, that of a folder is one of images. Raises CameraError.
    """
    path = Path(source)
    if path.is_dir():
        return ImageFolder(path)
    if path.is_file() or (path.suffix and ":" not in source):
        return VideoFile(path)
    return open_any(source, keys, insecure)
