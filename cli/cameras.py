"""Turns ``--camera`` into a camera: one of this machine, of an arm's server, or a simulated one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.keys import KeyStore
from perception.camera import Camera
from perception.errors import CameraError

if TYPE_CHECKING:
    from cli.remote_camera import RemoteDepthCamera


def open_any(address: str, keys: Path | None = None, insecure: bool = False) -> Camera:
    """Return the camera at ``address``, not opened yet; the error for no such lists all forms.

    keys: folder of keys for a server, the usual one if None; insecure: use none.
    Raises CameraError.
    """
    with _packages_named(address):
        return _camera(address, keys, insecure)


def open_depth(
    address: str, keys: Path | None = None, insecure: bool = False
) -> "RemoteDepthCamera":
    """Return the depth camera of the arm's server at ``address``, not opened yet; see above."""
    if not address.startswith("tcp://"):
        raise CameraError(
            f"--camera {address}: depth comes only from an arm's server, such as"
            " tcp://127.0.0.1:5555 of `twinarm serve --cell 7 --cell-camera depth`"
        )
    with _packages_named(address):
        from cli.remote_camera import RemoteDepthCamera

        return RemoteDepthCamera(address, None if insecure else KeyStore(keys))


@contextmanager
def _packages_named(address: str) -> Iterator[None]:
    """Raise CameraError for a package that the camera at ``address`` needs and that is missing."""
    try:
        yield
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
