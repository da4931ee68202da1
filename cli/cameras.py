"""Turns ``--camera`` into a camera: one of this machine, of an arm's server, or a simulated one."""

from pathlib import Path

from hardware.keys import KeyStore
from perception.camera import Camera
from perception.errors import CameraError


def open_any(address: str, keys: Path | None = None, insecure: bool = False) -> Camera:
    """Return the camera at ``address``, not opened yet; the error for no such lists all forms.

    keys: folder of keys for a server, the usual one if None; insecure: use none.
    Raises CameraError.
    """
    try:
        return _camera(address, keys, insecure)
    except ModuleNotFoundError as error:
        extra = "vision" if error.name == "cv2" else "sim"
        raise CameraError(
            f"--camera {address} needs the package {error.name!r}: pip install 'twinarm[{extra}]'"
        ) from error


def _camera(address: str, keys: Path | None, insecure: bool) -> Camera:
    from perception.open_camera import FORMS, open_camera, unknown_address

    if address.startswith("tcp://"):
        from cli.remote_camera import RemoteCamera

        return RemoteCamera(address, None if insecure else KeyStore(keys))
    if address == "sim":
        from cli.sim_camera import SimCamera

        return SimCamera()
    more = {"tcp://HOST:5555": "that of an arm's server", "sim": "a simulated one"}
    try:
        return open_camera(address)
    except CameraError:
        raise unknown_address(address, FORMS | more) from None
