"""Turns ``--camera`` into a camera: a webcam, a video file, or a folder of images."""

from perception.camera import Camera
from perception.errors import CameraError
from perception.recordings import ImageFolder, VideoFile
from perception.webcam import Webcam

FORMS = {
    "0": "the camera /dev/video0",
    "/dev/video0": "the same, by its path",
    "video:FILE": "a video file",
    "images:FOLDER": "the images in a folder",
}
"""What addresses look like, and what they mean."""


def open_camera(address: str) -> Camera:
    """Return the camera at ``address``, one of FORMS, not opened yet.

    Raises CameraError for anything else.
    """
    kind, _, path = address.partition(":")
    if address.isdecimal():
        return Webcam(int(address))
    if address.startswith("/dev/"):
        return Webcam(address)
    if kind == "video" and path:
        return VideoFile(path)
    if kind == "images" and path:
        return ImageFolder(path)
    raise unknown_address(address, FORMS)


def unknown_address(address: str, forms: dict[str, str]) -> CameraError:
    """Return what to raise for an ``address`` that is none of ``forms``."""
    valid = "; ".join(f"{form} ({meaning})" for form, meaning in forms.items())
    return CameraError(f"no camera is written {address!r}; write one of: {valid}")
