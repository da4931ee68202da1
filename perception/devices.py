"""Cameras that the kernel knows of, and whether this user's programs may use them."""

import os
from dataclasses import dataclass
from pathlib import Path

from perception.errors import CameraError

DEV = Path("/dev")
SYSFS = Path("/sys/class/video4linux")


@dataclass(frozen=True, slots=True)
class VideoDevice:
    """One of them. title: what its maker calls it."""

    path: Path
    title: str

    def __str__(self) -> str:
        return f"{self.path} ({self.title})"

    @property
    def usable(self) -> bool:
        """Return whether this user may read and write it."""
        return os.access(self.path, os.R_OK | os.W_OK, effective_ids=True)


def video_devices(dev: Path = DEV, sysfs: Path = SYSFS) -> list[VideoDevice]:
    """Return all, in the order of their numbers.

    Left out are those of a camera beside its first, which carry no pictures.
    """
    paths = (path for path in dev.glob("video*") if path.name[5:].isdecimal())
    numbered = sorted(paths, key=lambda path: int(path.name[5:]))
    return [
        VideoDevice(path, _told(sysfs / path.name / "name") or path.name)
        for path in numbered
        if _told(sysfs / path.name / "index") in ("", "0")
    ]


def usable_device(path: Path, dev: Path = DEV, sysfs: Path = SYSFS) -> VideoDevice:
    """Return the device at ``path``. Raises CameraError, with the mend, unless it can be used."""
    if not path.exists():
        known = ", ".join(str(device) for device in video_devices(dev, sysfs))
        raise CameraError(
            f"there is no camera at {path}: "
            + (f"there are {known}" if known else "none is plugged in here; plug it in")
        )
    device = VideoDevice(path, _told(sysfs / path.resolve().name / "name") or path.name)
    if not device.usable:
        raise CameraError(
            f"the camera {device} is there, but you may not use it: let yourself into its group "
            "with `sudo usermod -aG video $USER`, then log in anew"
        )
    return device


def _told(file: Path) -> str:
    return file.read_text(errors="replace").strip() if file.exists() else ""
