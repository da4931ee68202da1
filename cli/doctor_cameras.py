"""Which cameras are plugged in, and whether this user's programs can get at them."""

from collections.abc import Iterator
from pathlib import Path

from cli.doctor_ports import let_in
from cli.finding import Finding
from cli.root_steps import user_name
from hardware.servos.port_user import user_of
from perception.devices import DEV, SYSFS, VideoDevice, video_devices


def camera_findings(dev: Path = DEV, sysfs: Path = SYSFS) -> Iterator[Finding]:
    """Yield what there is to say of every camera in ``dev``."""
    found = video_devices(dev, sysfs)
    if not found:
        yield Finding(None, "cameras: none here", "plug one in, or use that of an arm's server")
    yield from (_camera(device) for device in found)


def _camera(device: VideoDevice) -> Finding:
    if not device.usable:
        return Finding(None, f"camera {device}: {user_name()} may not use it", let_in(device.path))
    if user := user_of(str(device.path)):
        return Finding(True, f"camera {device}: in use by {user}")
    return Finding(True, f"camera {device}: free")
